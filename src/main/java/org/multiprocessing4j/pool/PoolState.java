package org.multiprocessing4j.pool;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.posix.OSException;

/**
 * How far a pool of processes has got, its workers, and what they have to do. Thread-safe; the fields that are not
 * private are guarded by {@link #lock}, which may be held around several calls.
 */
final class PoolState {

    private enum Stage { RUNNING, CLOSED, TERMINATED, ENDED }

    private static final byte[] WAKE_UP = {Dispatcher.WAKE};

    /** Why a pool breaks down: most often that. */
    static final String NO_WORKERS = "its workers cannot be started";

    /** How long workers have to end that were told to, by message and then by SIGTERM, or that said that they will. */
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(5);

    private static final long RETRY = TimeUnit.MILLISECONDS.toNanos(100);

    final Object lock = new Object();
    /** Null where there is none at the moment. */
    final Worker[] workers;
    final Schedule schedule;
    /** Those that said that they end, or that their initializer has failed, and have not ended. */
    final List<Worker> leaving = new ArrayList<>();
    /** Workers that are being started. */
    int launching;
    int restarts;

    private final Queue<byte[]> results;
    private final Inputs inputs = new Inputs(this::inputHasEnded);
    private Stage stage = Stage.RUNNING;
    private BrokenPoolException broken;
    /** The workers were told that there is no more. */
    private boolean stopping;
    private long killAt;
    private Thread dispatcher;
    private WorkerWatch watch;

    PoolState(Pool.Builder options, Queue<byte[]> results) {
        this.workers = new Worker[options.processes];
        this.schedule = new Schedule(workers, options.maxTasksPerChild, this::undelivered);
        this.results = results;
    }

    Inputs inputs() {
        return inputs;
    }

    /** Before anything else. */
    void runBy(Thread thread, WorkerWatch watchOfWorkers) {
        dispatcher = thread;
        watch = watchOfWorkers;
    }

    boolean isDispatcher() {
        return Thread.currentThread() == dispatcher;
    }

    // What may be asked of it

    /** @throws IllegalStateException "Pool not running", or why it is broken */
    void begin() {
        synchronized (lock) {
            checkNotBroken();
            if (stage != Stage.RUNNING) {
                throw notRunning();
            }
            inputs.begin();
        }
    }

    /** As {@link #begin()}; but calls that had begun go on in a closed pool. */
    void checkTakes(Job job) {
        synchronized (lock) {
            checkNotBroken();
            if (stage != Stage.RUNNING && !(stage == Stage.CLOSED && !stopping && job.comesInParts())) {
                throw notRunning();
            }
        }
    }

    private void checkNotBroken() {
        if (broken != null) {
            throw new BrokenPoolException(broken.getMessage(), broken.getCause());
        }
    }

    private static IllegalStateException notRunning() {
        return new IllegalStateException("Pool not running");
    }

    /** @throws IllegalStateException "Pool is still running" */
    void checkClosed() {
        synchronized (lock) {
            if (stage == Stage.RUNNING) {
                throw new IllegalStateException("Pool is still running");
            }
        }
    }

    boolean isClosed() {
        synchronized (lock) {
            return stage != Stage.RUNNING || broken != null;
        }
    }

    boolean isTerminated() {
        synchronized (lock) {
            return stage == Stage.TERMINATED;
        }
    }

    boolean isStopping() {
        synchronized (lock) {
            return stopping;
        }
    }

    boolean isEnded() {
        synchronized (lock) {
            return stage == Stage.ENDED;
        }
    }

    /** Whether a worker that ended is to be replaced. */
    boolean needsWorkers() {
        synchronized (lock) {
            return goesOn() && !WorkerLauncher.isJvmEnding();
        }
    }

    private boolean goesOn() {
        return stage == Stage.RUNNING || stage == Stage.CLOSED && !stopping;
    }

    /** @return why nobody is left to do what there is to be done, and nobody will be; null if that is not so */
    Throwable whyForsaken() {
        synchronized (lock) {
            return goesOn() && hasNoWorkers() && WorkerLauncher.isJvmEnding()
                    ? new IllegalStateException("this program ends: no more processes are started") : null;
        }
    }

    private boolean hasNoWorkers() {
        return launching == 0 && Arrays.stream(workers).allMatch(Objects::isNull);
    }

    @Override
    public String toString() {
        synchronized (lock) {
            return "state=" + stage + " pool_size=" + workers.length;
        }
    }

    // What happens to it

    /** Gives work to workers. */
    void dispatch() {
        synchronized (lock) {
            if (stage == Stage.RUNNING || stage == Stage.CLOSED) {
                schedule.dispatch();
            }
        }
    }

    /** Those chunks fail, outside of the lock; the worker, which does not know what it has missed, is replaced. */
    private void undelivered(Worker worker, List<Chunk> chunks, Throwable why) {
        leaves(worker);
        worker.process.kill();
        watch.run(() -> chunks.forEach(chunk -> chunk.failed(why)));
    }

    void close() {
        synchronized (lock) {
            if (stage == Stage.RUNNING) {
                stage = Stage.CLOSED;
            }
        }
        wakeUp();
    }

    void terminate(Throwable why) {
        List<Chunk> dropped = new ArrayList<>();
        synchronized (lock) {
            if (stage == Stage.TERMINATED || stage == Stage.ENDED) {
                return;
            }
            stage = Stage.TERMINATED;
            killAt = System.nanoTime() + PATIENCE;
            dropped.addAll(schedule.removeAll());
            for (Worker worker : workers) {
                if (worker != null) {
                    dropped.addAll(worker.underway);
                    worker.underway.clear();
                    worker.process.terminate();
                }
            }
        }
        dropped.forEach(chunk -> chunk.failed(why));
        wakeUp();
    }

    void terminate() {
        terminate(new CancellationException("the pool was terminated"));
    }

    /** There will be no more workers. */
    void breakDown(String why, Throwable cause) {
        BrokenPoolException error = new BrokenPoolException("the pool is broken: " + why, cause);
        synchronized (lock) {
            broken = error;
        }
        terminate(error);
    }

    /** For a pool that has broken down, in its thread. @return the workers that are left */
    List<Worker> awaitLaunches() {
        synchronized (lock) {
            while (launching > 0) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    continue; // meant for nobody: this thread ends next
                }
            }
            return Arrays.stream(workers).filter(Objects::nonNull).toList();
        }
    }

    /** Has the pool's thread look at what there is to be done. */
    void wakeUp() {
        if (!isDispatcher() && !offer(WAKE_UP)) {
            watch.run(() -> tell(WAKE_UP)); // who calls close or cancel need not wait for a worker
        }
    }

    private void inputHasEnded() {
        synchronized (lock) {
            if (stage != Stage.CLOSED) {
                return;
            }
        }
        wakeUp(); // perhaps that was all
    }

    /**
     * Gives the pool's thread a message, if it is there. A worker that is writing a large result, or was stopped while
     * it did, keeps others from it: this waits, and sees meanwhile to workers that are to be killed.
     */
    void tell(byte[] message) {
        while (!offer(message)) {
            synchronized (lock) {
                killOverdue(System.nanoTime());
            }
            LockSupport.parkNanos(RETRY);
        }
    }

    /** @return false if it is to be tried again: a worker was writing all the time, or there is no memory */
    private boolean offer(byte[] message) {
        try {
            return results.offer(message);
        } catch (OSException e) {
            System.getLogger("org.multiprocessing4j").log(System.Logger.Level.WARNING, "a pool is held up", e);
            return false;
        } catch (IllegalStateException e) { // the queue is closed
            if (isEnded()) {
                return true;
            }
            throw e;
        }
    }

    /** Tells the workers of a closed pool to end when all is done. @return whether they have */
    boolean isOver() {
        synchronized (lock) {
            if (stage == Stage.CLOSED && !stopping && schedule.isEmpty() && nothingUnderway() && inputs.areEnded()) {
                stopping = true;
                killAt = System.nanoTime() + PATIENCE;
                Arrays.stream(workers).filter(Objects::nonNull).forEach(Worker::stop);
            }
            return mustEnd() && hasNoWorkers();
        }
    }

    private boolean nothingUnderway() {
        for (Worker worker : workers) {
            if (worker != null && !worker.underway.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** A worker is about to end by itself: a thread or a hook of a task may keep it from that. */
    void leaves(Worker worker) {
        if (!leaving.contains(worker)) {
            worker.leaving = true;
            worker.killAt = System.nanoTime() + PATIENCE;
            leaving.add(worker);
        }
    }

    /** @return nanoseconds until workers that are to end are killed; Long.MAX_VALUE if there are none */
    long untilKill(long now) {
        long least = mustEnd() ? Math.max(0, killAt - now) : Long.MAX_VALUE;
        for (Worker worker : leaving) {
            least = Math.min(least, Math.max(0, worker.killAt - now));
        }
        return least;
    }

    private boolean mustEnd() {
        return stopping || stage == Stage.TERMINATED;
    }

    void killOverdue(long now) {
        if (mustEnd() && killAt - now <= 0) {
            Arrays.stream(workers).filter(Objects::nonNull).forEach(worker -> worker.process.kill());
            killAt = now + PATIENCE;
        }
        for (Worker worker : leaving) {
            if (worker.killAt - now <= 0) {
                worker.process.kill();
                worker.killAt = now + PATIENCE;
            }
        }
    }

    void end() {
        synchronized (lock) {
            stage = Stage.ENDED;
            lock.notifyAll();
        }
    }

    /** @param nanos negative: for ever @return whether the pool has ended */
    boolean awaitEnd(long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        try {
            synchronized (lock) {
                while (true) {
                    long left = nanos < 0 ? Long.MAX_VALUE : end - System.nanoTime();
                    if (stage == Stage.ENDED || left <= 0) {
                        return stage == Stage.ENDED;
                    }
                    if (stage == Stage.CLOSED) {
                        inputs.takeOver();
                    }
                    long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(left));
                    lock.wait(inputs.areEnded() ? millis : Math.min(millis, Inputs.LOOK_MILLIS));
                }
            }
        } finally {
            inputs.giveBack();
        }
    }
}
