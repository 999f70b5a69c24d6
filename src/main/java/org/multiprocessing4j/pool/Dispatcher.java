package org.multiprocessing4j.pool;

import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.RawArray;
import org.multiprocessing4j.posix.ExitStatus;

/** What a pool's thread does: it hears of results and of dead workers, and sees to time limits. */
final class Dispatcher implements Runnable {

    /** From the parent itself. */
    static final byte DEAD = 'd';
    static final byte WAKE = 'w';

    private static final Worker[] NOBODY = {};

    private final PoolState state;
    private final WorkerSupply supply;
    private final Exchange exchange;
    private final Queue<byte[]> results;
    private final RawArray<Long> cells;
    /** Some call has a time limit. */
    private volatile boolean timed;

    /** It closes the last three at its end. */
    Dispatcher(
            PoolState state, WorkerSupply supply, Exchange exchange, Queue<byte[]> results, RawArray<Long> cells) {
        this.state = state;
        this.supply = supply;
        this.exchange = exchange;
        this.results = results;
        this.cells = cells;
    }

    /** The message that a worker has ended. */
    static byte[] death(Worker worker) {
        Bytes message = new Bytes(16);
        message.putByte(DEAD);
        message.putInt(worker.slot);
        message.putInt(worker.generation);
        return message.toArray();
    }

    /** There are time limits from now on. */
    void mindTimeLimits() {
        timed = true;
        state.wakeUp();
    }

    @Override
    public void run() {
        try {
            while (!state.isOver()) {
                long wait = untilDeadline();
                byte[] message = wait < 0 ? results.get() : results.poll(wait, TimeUnit.NANOSECONDS);
                if (message != null) {
                    handle(new Bytes(message), message.length);
                    Thread.interrupted(); // what a callback left behind
                }
                checkDeadlines();
            }
        } catch (InterruptedException | RuntimeException | Error e) {
            fail(e);
        } finally {
            state.end();
            supply.end();
            exchange.close();
            results.close();
            cells.close();
        }
    }

    /** Kills what there is, and waits for it: the pool's thread goes. */
    private void fail(Throwable why) {
        System.getLogger("org.multiprocessing4j").log(System.Logger.Level.ERROR, "a pool has failed", why);
        try {
            state.breakDown("its thread has failed", why);
        } finally {
            for (Worker worker : state.awaitLaunches()) {
                worker.process.kill();
                worker.process.join();
                worker.tasks.close();
                worker.landings.end();
            }
        }
    }

    // Messages

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
                handleFailedStart(slot, ((Codec.Failure) Codec.read(in, null)[0]).error());
            case DEAD -> handleDeath(slot, generation);
            default -> throw new IllegalStateException("no message begins with " + kind);
        }
    }

    private void handleReady(int slot, long nanos) throws InterruptedException {
        synchronized (state.lock) {
            supply.isReady();
            supply.worker(slot).isReady(nanos);
            state.dispatch();
        }
    }

    private void handleFailedStart(int slot, Throwable error) throws InterruptedException {
        synchronized (state.lock) {
            supply.hasFailed(supply.worker(slot), error);
        }
    }

    private void handleResult(int slot, Bytes in, int length) {
        int sequence = in.getInt();
        long nanos = in.getLong();
        boolean last = in.getByte() != 0;
        int place = in.getByte();
        if (in.getByte() != 0) {
            exchange.isReachable();
        }
        Chunk chunk;
        Landings landings;
        synchronized (state.lock) {
            Worker worker = state.workers[slot];
            if (state.isTerminated()) {
                return; // its jobs know already
            }
            chunk = worker.underway.peek();
            if (chunk == null || chunk.sequence != sequence) {
                throw new IllegalStateException("worker " + slot + " answered " + sequence + " and not " + chunk);
            }
            worker.underway.remove();
            worker.answered(nanos, length);
            if (last) {
                state.leaves(worker);
            }
            landings = worker.landings;
            state.schedule.took(nanos);
            state.dispatch();
        }
        Object[] outcomes;
        try {
            outcomes = Codec.read(in, landings);
        } catch (RuntimeException | Error e) { // of a result's own code, too: it is its call that fails
            chunk.failed(e);
            return;
        } finally {
            landings.landed(place);
        }
        chunk.done(outcomes);
    }

    private void handleDeath(int slot, int generation) throws InterruptedException {
        Chunk failed;
        Throwable error = null;
        Throwable givingUp = null;
        synchronized (state.lock) {
            Worker worker = supply.worker(slot);
            if (worker.generation != generation) {
                throw new IllegalStateException("worker " + slot + " died twice");
            }
            ExitStatus status = worker.process.exitStatus();
            long pid = worker.process.pid();
            failed = takeBack(worker);
            if (failed != null) {
                error = worker.killedFor != null ? worker.killedFor
                        : new WorkerDiedException(failed.index, failed.items, pid, status);
            }
            if (!worker.ready) {
                givingUp = supply.countFailedStart(worker, status);
            }
            supply.replace(worker);
            givingUp = givingUp == null ? state.whyForsaken() : givingUp;
            state.dispatch();
        }
        if (failed != null) {
            failed.failed(error);
        }
        if (givingUp != null) {
            state.breakDown(PoolState.NO_WORKERS, givingUp);
        }
    }

    /** @return what a dead worker has taken along, and is not tried again; null if there is nothing */
    private Chunk takeBack(Worker worker) {
        int begun = worker.claims.begun();
        Deque<Chunk> untouched = worker.revoke();
        Chunk lost = worker.underway.pollLast();
        if (lost != null && lost.sequence != begun || !worker.underway.isEmpty()) {
            throw new IllegalStateException(
                    "results of worker " + worker.process.pid() + " are missing before " + begun);
        }
        state.schedule.putBack(untouched);
        if (lost != null && worker.killedFor == null && lost.retriesLeft > 0 && !lost.job.isCancelled()) {
            lost.retriesLeft--;
            state.schedule.addFirst(lost);
            return null;
        }
        return lost;
    }

    // Deadlines

    /** @return nanoseconds; negative: there is none */
    private long untilDeadline() {
        synchronized (state.lock) {
            long now = System.nanoTime();
            long least = state.untilKill(now);
            for (Worker worker : timed ? state.workers : NOBODY) {
                least = Math.min(least, Math.max(0, TimeLimit.left(worker, now)));
            }
            return least == Long.MAX_VALUE ? -1 : least;
        }
    }

    private void checkDeadlines() {
        synchronized (state.lock) {
            long now = System.nanoTime();
            state.killOverdue(now);
            for (Worker worker : timed ? state.workers : NOBODY) {
                if (TimeLimit.left(worker, now) <= 0) {
                    Chunk head = worker.underway.peek();
                    state.schedule.putBack(worker.revoke());
                    if (worker.underway.size() == 1 && worker.underway.peek() == head) {
                        worker.kill(TimeLimit.exceeded(head, worker.process.pid()));
                    }
                    state.dispatch();
                }
            }
        }
    }
}
