package org.multiprocessing4j.pool;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.RawArray;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.Posix;

/**
 * Runs chunks in processes. Each worker has a queue of its own, and a word in shared memory that tells what it has
 * begun ({@link Claims}); all results, and the news of dead workers after those, come in one queue, to one thread. A worker
 * has as many chunks ahead as take it about a millisecond; what it has not begun is taken back for one that is idle.
 */
final class ProcessEngine implements Engine {

    private enum State { RUNNING, CLOSED, TERMINATED, ENDED }

    /** From the parent itself. */
    private static final byte DEAD = 'd';
    private static final byte WAKE = 'w';

    private static final byte[] WAKE_UP = {WAKE};

    /** After so many workers in a row that were never ready the pool gives up. */
    private static final int MOST_FAILED_STARTS = 3;

    /** How long workers that were told to end have, by message and then by SIGTERM. */
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(5);

    private final Object lock = new Object();
    private final Pool.Builder options;
    private final int creator = Posix.getpid();
    private final Queue<byte[]> results = new Queue<>();
    private final RawArray<Long> cells;
    private final Worker[] workers;
    private final Schedule schedule;
    private final WorkerLauncher launcher;
    private final WorkerWatch watch;
    private final Thread dispatcher;

    private State state = State.RUNNING;
    private Throwable broken;
    private int failedStarts;
    private Throwable startFailure;
    private int restarts;
    private int launching;
    private boolean timed;
    private boolean stopping;
    private long killAt;

    /** @throws RuntimeException what {@link Process#start()} throws; then no worker is left */
    ProcessEngine(Pool.Builder options) {
        this.options = options;
        int size = options.processes;
        this.cells = RawArray.of(CType.LONG, size * Claims.STRIDE);
        this.workers = new Worker[size];
        this.schedule = new Schedule(workers, options.maxTasksPerChild);
        this.launcher = new WorkerLauncher(options, results, cells);
        this.watch = new WorkerWatch("multiprocessing pool watch", this::tellOfDeath);
        this.dispatcher = new Thread(this::run, "multiprocessing pool");
        dispatcher.setDaemon(true);
        try {
            int atOnce = launcher.isForked() ? size : 1;
            for (int slot = 0; slot < atOnce; slot++) {
                workers[slot] = launcher.launch(slot, new Queue<>(), 0);
                watch.add(workers[slot]);
            }
            launching = size - atOnce;
            for (int slot = atOnce; slot < size; slot++) {
                int next = slot;
                watch.run(() -> relaunch(next, new Queue<>(), 0));
            }
        } catch (RuntimeException | Error e) {
            Arrays.stream(workers).filter(Objects::nonNull).forEach(worker -> {
                worker.process.kill();
                worker.process.join();
                worker.process.close();
            });
            watch.end();
            throw e;
        } finally {
            watch.start();
        }
        dispatcher.start();
    }

    // The interface

    @Override
    public void submit(Chunk chunk) {
        if (creator != Posix.getpid()) {
            throw new IllegalStateException("the pool belongs to the process that made it");
        }
        boolean encoded = encode(chunk);
        synchronized (lock) {
            checkRunning();
            if (encoded) {
                schedule.add(chunk);
                dispatch();
                timed |= chunk.job.options.timeout() != null;
            }
        }
        if (encoded && chunk.job.options.timeout() != null) {
            wakeUp();
        }
    }

    private static boolean encode(Chunk chunk) {
        try {
            chunk.encode();
            return true;
        } catch (RuntimeException | StackOverflowError e) {
            chunk.job.failed(chunk, e);
            return false;
        }
    }

    @Override
    public void checkRunning() {
        synchronized (lock) {
            if (broken != null) {
                throw new BrokenPoolException("the pool is broken: its workers cannot be started", broken);
            }
            if (state != State.RUNNING) {
                throw new IllegalStateException("Pool not running");
            }
        }
    }

    @Override
    public void cancel(Job job, boolean interrupt) {
        synchronized (lock) {
            schedule.remove(job);
            for (Worker worker : workers) {
                if (worker != null && worker.underway.stream().anyMatch(chunk -> chunk.job == job)) {
                    schedule.putBack(worker.revoke());
                    schedule.remove(job);
                    Chunk running = worker.underway.peekLast();
                    if (interrupt && running != null && running.job == job) {
                        kill(worker, new CancellationException("cancelled"));
                    }
                }
            }
            dispatch();
        }
        wakeUp(); // perhaps that was the last one of a closed pool
    }

    @Override
    public int size() {
        return workers.length;
    }

    @Override
    public void checkMayWait() {
        if (Thread.currentThread() == dispatcher) {
            throw new IllegalStateException("a callback of the pool cannot wait for the pool: it would for ever");
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            if (state == State.RUNNING) {
                state = State.CLOSED;
            }
        }
        wakeUp();
    }

    @Override
    public void terminate() {
        terminate(new CancellationException("the pool was terminated"));
    }

    private void terminate(Throwable why) {
        List<Chunk> dropped = new ArrayList<>();
        synchronized (lock) {
            if (state == State.TERMINATED || state == State.ENDED) {
                return;
            }
            state = State.TERMINATED;
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
        dropped.forEach(chunk -> chunk.job.failed(chunk, why));
        wakeUp();
    }

    private void wakeUp() {
        synchronized (lock) {
            if (Thread.currentThread() != dispatcher && state != State.ENDED) { // then there is nobody to wake
                results.offer(WAKE_UP);
            }
        }
    }

    @Override
    public boolean join(long nanos) throws InterruptedException {
        synchronized (lock) {
            if (state == State.RUNNING) {
                throw new IllegalStateException("Pool is still running");
            }
        }
        return awaitEnd(nanos);
    }

    @Override
    public boolean awaitEnd(long nanos) throws InterruptedException {
        checkMayWait();
        long end = System.nanoTime() + nanos;
        synchronized (lock) {
            while (state != State.ENDED) {
                long left = nanos < 0 ? Long.MAX_VALUE : end - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                lock.wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
            }
        }
        dispatcher.join();
        watch.join(0);
        return true;
    }

    @Override
    public boolean isClosed() {
        synchronized (lock) {
            return state != State.RUNNING || broken != null;
        }
    }

    @Override
    public boolean isEnded() {
        synchronized (lock) {
            return state == State.ENDED;
        }
    }

    @Override
    public Insights insights() {
        synchronized (lock) {
            return new Insights(
                    Arrays.stream(workers).filter(Objects::nonNull)
                            .map(worker -> worker.insights(worker.process.pid())).toList(),
                    restarts);
        }
    }

    @Override
    public String describe() {
        synchronized (lock) {
            return "state=" + state + " pool_size=" + workers.length;
        }
    }

    /** The pids of the workers that run. */
    List<Long> pids() {
        synchronized (lock) {
            return Arrays.stream(workers).filter(Objects::nonNull).map(worker -> worker.process.pid()).toList();
        }
    }

    // Giving work, with the lock held

    private void dispatch() {
        if (state == State.RUNNING || state == State.CLOSED) {
            schedule.dispatch();
        }
    }

    /** After {@link Worker#revoke()}: what it runs is the last it will. */
    private static void kill(Worker worker, Throwable why) {
        worker.killedFor = why;
        worker.process.kill();
    }

    // The pool's thread

    private void run() {
        try {
            while (!isOver()) {
                long wait = untilDeadline();
                byte[] message = wait < 0 ? results.get() : results.poll(wait, TimeUnit.NANOSECONDS);
                if (message != null) {
                    handle(new Bytes(message), message.length);
                }
                checkDeadlines();
            }
        } catch (InterruptedException | RuntimeException | Error e) {
            System.getLogger("org.multiprocessing4j").log(System.Logger.Level.ERROR, "a pool has failed", e);
            breakDown(e);
            endAtOnce();
        }
        end();
    }

    private boolean isOver() {
        synchronized (lock) {
            if (state == State.CLOSED && !stopping && schedule.isEmpty() && nothingUnderway()) {
                stopWorkers();
            }
            return state != State.RUNNING && launching == 0 && Arrays.stream(workers).allMatch(Objects::isNull);
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

    private void stopWorkers() {
        stopping = true;
        killAt = System.nanoTime() + PATIENCE;
        for (Worker worker : workers) {
            if (worker != null) {
                worker.leaving = true;
                worker.tasks.offer(new byte[] {PoolWorker.STOP});
            }
        }
    }

    private void end() {
        synchronized (lock) {
            state = State.ENDED;
            lock.notifyAll();
        }
        watch.end();
        results.close();
        cells.close();
    }

    /** Kills what there is, and waits for it: the pool's thread goes. */
    private void endAtOnce() {
        for (Worker worker : workers) {
            if (worker != null) {
                worker.process.kill();
                worker.process.join();
            }
        }
    }

    /** The worker that is there; one that was just started may be heard of before its start has returned. */
    private Worker worker(int slot) throws InterruptedException {
        while (workers[slot] == null && launching > 0) {
            lock.wait();
        }
        return workers[slot];
    }

    private void handle(Bytes in, int length) throws InterruptedException {
        byte kind = in.getByte();
        if (kind == WAKE) {
            return;
        }
        int slot = in.getInt();
        int generation = in.getInt();
        switch (kind) {
            case PoolWorker.RESULT -> handleResult(slot, in, length);
            case PoolWorker.READY -> handleReady(slot, in.getLong());
            case PoolWorker.INITIALIZER_FAILED ->
                handleFailedStart(slot, ((Codec.Failure) Codec.read(in)[0]).error());
            case DEAD -> handleDeath(slot, generation);
            default -> throw new IllegalStateException("no message begins with " + kind);
        }
    }

    private void handleReady(int slot, long nanos) throws InterruptedException {
        synchronized (lock) {
            failedStarts = 0;
            worker(slot).isReady(nanos);
            dispatch();
        }
    }

    private void handleFailedStart(int slot, Throwable error) throws InterruptedException {
        synchronized (lock) {
            startFailure = error;
            worker(slot).initializerFailed = true;
        }
    }

    private void handleResult(int slot, Bytes in, int length) {
        int sequence = in.getInt();
        long nanos = in.getLong();
        boolean last = in.getByte() != 0;
        Chunk chunk;
        synchronized (lock) {
            Worker worker = workers[slot];
            if (state == State.TERMINATED) {
                return; // its jobs know already
            }
            chunk = worker.underway.poll();
            if (chunk == null || chunk.sequence != sequence) {
                throw new IllegalStateException("worker " + slot + " answered " + sequence + " and not " + chunk);
            }
            worker.answered(nanos, length);
            worker.leaving |= last;
            schedule.took(nanos);
            dispatch();
        }
        Object[] outcomes;
        try {
            outcomes = Codec.read(in);
        } catch (RuntimeException | LinkageError e) {
            chunk.job.failed(chunk, e);
            return;
        }
        chunk.job.done(chunk, outcomes);
    }

    /** In the watch's thread. */
    private void tellOfDeath(Worker worker) {
        Bytes message = new Bytes(16);
        message.putByte(DEAD);
        message.putInt(worker.slot);
        message.putInt(worker.generation);
        results.offer(message.toArray());
    }

    private void handleDeath(int slot, int generation) throws InterruptedException {
        Chunk failed = null;
        Throwable error = null;
        Throwable givingUp = null;
        synchronized (lock) {
            Worker worker = worker(slot);
            if (worker.generation != generation) {
                throw new IllegalStateException("worker " + slot + " died twice");
            }
            ExitStatus status = worker.process.exitStatus();
            long pid = worker.process.pid();
            int begun = worker.claims.begun();
            Deque<Chunk> untouched = worker.revoke();
            Chunk lost = worker.underway.pollLast();
            if (lost != null && lost.sequence != begun || !worker.underway.isEmpty()) {
                throw new IllegalStateException("results of worker " + pid + " are missing before " + begun);
            }
            schedule.putBack(untouched);
            if (lost != null && worker.killedFor == null && lost.retriesLeft > 0 && !lost.job.isCancelled()) {
                lost.retriesLeft--;
                schedule.addFirst(lost);
            } else if (lost != null) {
                failed = lost;
                error = worker.killedFor != null ? worker.killedFor
                        : new WorkerDiedException(lost.index, lost.items, pid, status);
            }
            if (!worker.ready) {
                givingUp = countFailedStart(worker, status);
            }
            replace(worker);
            dispatch();
        }
        if (failed != null) {
            failed.job.failed(failed, error);
        }
        if (givingUp != null) {
            breakDown(givingUp);
        }
    }

    /** @return why the pool gives up; null if it does not yet */
    private Throwable countFailedStart(Worker worker, ExitStatus status) {
        if (state == State.TERMINATED) {
            return null;
        }
        if (!worker.initializerFailed) {
            startFailure = new IllegalStateException(
                    "a worker ended before it was ready, with exit code " + status.exitcode());
        }
        return ++failedStarts >= MOST_FAILED_STARTS ? startFailure : null;
    }

    private void breakDown(Throwable cause) {
        synchronized (lock) {
            broken = cause;
        }
        terminate(new BrokenPoolException("the pool is broken: its workers cannot be started", cause));
    }

    private void replace(Worker dead) {
        dead.process.close();
        workers[dead.slot] = null;
        boolean wanted = state == State.RUNNING || state == State.CLOSED && !stopping;
        if (!wanted || WorkerLauncher.isJvmEnding()) {
            return;
        }
        restarts++;
        while (dead.tasks.poll() != null) {
            continue; // taken back
        }
        launching++;
        watch.run(() -> relaunch(dead.slot, dead.tasks, dead.lastSequence));
    }

    /** In the watch's thread. */
    private void relaunch(int slot, Queue<byte[]> tasks, int lastSequence) {
        if (isGoing()) {
            return;
        }
        Worker worker = null;
        Throwable obstacle = null;
        try {
            worker = launcher.launch(slot, tasks, lastSequence);
            watch.add(worker);
        } catch (RuntimeException | Error e) {
            obstacle = e;
        }
        synchronized (lock) {
            launching--;
            workers[slot] = worker;
            lock.notifyAll();
            if (worker != null) {
                if (state == State.TERMINATED) {
                    worker.process.kill();
                } else {
                    worker.leaving = stopping;
                    dispatch();
                }
            }
            if (worker != null && stopping) {
                worker.tasks.offer(new byte[] {PoolWorker.STOP});
            }
        }
        if (obstacle != null) {
            breakDown(obstacle);
        }
        wakeUp();
    }

    /** There is no need of a worker any more. */
    private boolean isGoing() {
        synchronized (lock) {
            boolean going = state == State.TERMINATED || stopping || WorkerLauncher.isJvmEnding();
            if (going) {
                launching--;
                wakeUp();
            }
            return going;
        }
    }

    // Deadlines

    /** @return nanoseconds; negative: there is none */
    private long untilDeadline() {
        synchronized (lock) {
            long now = System.nanoTime();
            long least = Long.MAX_VALUE;
            if (stopping || state == State.TERMINATED) {
                least = Math.max(0, killAt - now);
            }
            for (Worker worker : timed ? workers : new Worker[0]) {
                least = Math.min(least, Math.max(0, TimeLimit.left(worker, now)));
            }
            return least == Long.MAX_VALUE ? -1 : least;
        }
    }

    private void checkDeadlines() {
        synchronized (lock) {
            long now = System.nanoTime();
            if ((stopping || state == State.TERMINATED) && now - killAt >= 0) {
                Arrays.stream(workers).filter(Objects::nonNull).forEach(worker -> worker.process.kill());
                killAt = now + PATIENCE;
            }
            for (Worker worker : timed ? workers : new Worker[0]) {
                if (TimeLimit.left(worker, now) <= 0) {
                    Chunk head = worker.underway.peek();
                    schedule.putBack(worker.revoke());
                    if (worker.underway.size() == 1 && worker.underway.peek() == head) {
                        kill(worker, TimeLimit.exceeded(head, worker.process.pid()));
                    }
                    dispatch();
                }
            }
        }
    }
}
