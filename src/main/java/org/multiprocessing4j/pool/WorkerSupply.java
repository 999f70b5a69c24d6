package org.multiprocessing4j.pool;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.posix.ExitStatus;

/** Starts a pool's workers, hears of their ends, and starts others in their places. */
final class WorkerSupply {

    /** After so many workers in a row that were never ready the pool gives up. */
    private static final int MOST_FAILED_STARTS = 3;

    private final PoolState state;
    private final WorkerLauncher launcher;
    private final WorkerWatch watch;

    // Guarded by the pool's lock
    private int failedStarts;
    private Throwable startFailure;

    /** @param ended hears, in the watch's thread, of each worker that has ended */
    WorkerSupply(PoolState state, WorkerLauncher launcher, Consumer<Worker> ended) {
        this.state = state;
        this.launcher = launcher;
        this.watch = new WorkerWatch(
                "multiprocessing pool watch", ended, error -> state.breakDown("its watch has failed", error));
    }

    WorkerWatch watch() {
        return watch;
    }

    /**
     * Starts the first ones.
     *
     * @throws RuntimeException what {@link Process#start()} throws; then no worker is left
     */
    void start() {
        Worker[] workers = state.workers;
        try {
            int atOnce = launcher.isForked() ? workers.length : 1;
            for (int slot = 0; slot < atOnce; slot++) {
                workers[slot] = launch(slot, null);
            }
            state.launching = workers.length - atOnce;
            for (int slot = atOnce; slot < workers.length; slot++) {
                int next = slot;
                watch.run(() -> relaunch(next, null));
            }
        } catch (RuntimeException | Error e) {
            Arrays.stream(workers).filter(Objects::nonNull).forEach(worker -> {
                worker.process.kill();
                worker.process.join();
                worker.process.close();
                worker.tasks.close();
            });
            watch.forget();
            watch.end();
            throw e;
        } finally {
            watch.start();
        }
    }

    /** @param dead whose place it takes, and whose queue; null: nobody's. That queue is closed if there is no worker */
    private Worker launch(int slot, Worker dead) {
        Queue<byte[]> tasks = dead == null ? new Queue<>() : dead.tasks;
        Worker worker = null;
        try {
            worker = launcher.launch(slot, tasks, dead == null ? 0 : dead.lastSequence);
        } finally {
            if (worker == null) {
                tasks.close();
            }
        }
        watch.add(worker);
        return worker;
    }

    /** No worker is left. */
    void end() {
        watch.end();
    }

    /** After {@link #end()}. */
    void join() throws InterruptedException {
        watch.join(0);
    }

    // With the pool's lock held

    void isReady() {
        failedStarts = 0;
    }

    void hasFailed(Worker worker, Throwable error) {
        startFailure = error;
        worker.initializerFailed = true;
        state.leaves(worker);
    }

    /** @param worker one that ended before it was ready @return why the pool gives up; null if it does not yet */
    Throwable countFailedStart(Worker worker, ExitStatus status) {
        if (state.isTerminated()) {
            return null;
        }
        if (!worker.initializerFailed) {
            startFailure = new IllegalStateException(
                    "a worker ended before it was ready, with exit code " + status.exitcode());
        }
        return ++failedStarts >= MOST_FAILED_STARTS ? startFailure : null;
    }

    /** Has another worker started in the place of one that ended, if there is need of it. */
    void replace(Worker dead) {
        dead.process.close();
        dead.landings.end();
        state.leaving.remove(dead);
        state.workers[dead.slot] = null;
        if (!state.needsWorkers()) {
            dead.tasks.close();
            return;
        }
        state.restarts++;
        while (dead.tasks.poll() != null) {
            continue; // taken back
        }
        state.launching++;
        watch.run(() -> relaunch(dead.slot, dead));
    }

    /** The worker that is there; one that was just started may be heard of before its start has returned. */
    Worker worker(int slot) throws InterruptedException {
        while (state.workers[slot] == null && state.launching > 0) {
            state.lock.wait();
        }
        return state.workers[slot];
    }

    // In the watch's thread

    private void relaunch(int slot, Worker dead) {
        Worker worker = null;
        Throwable obstacle = null;
        if (state.needsWorkers()) {
            try {
                worker = launch(slot, dead);
            } catch (RuntimeException | Error e) {
                obstacle = e;
            }
        } else if (dead != null) {
            dead.tasks.close();
        }
        synchronized (state.lock) {
            state.launching--;
            state.workers[slot] = worker;
            state.lock.notifyAll();
            if (worker != null && state.isTerminated()) {
                worker.process.kill();
            } else if (worker != null && state.isStopping()) {
                worker.stop();
            } else {
                state.dispatch();
            }
            obstacle = obstacle == null ? state.whyForsaken() : obstacle;
        }
        if (obstacle != null) {
            state.breakDown(PoolState.NO_WORKERS, obstacle);
        }
        state.wakeUp();
    }
}
