package org.multiprocessing4j.pool;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.RawArray;
import org.multiprocessing4j.posix.Posix;

/**
 * Runs chunks in processes. Each worker has a queue of its own, and a word in shared memory that tells what it has
 * begun ({@link Claims}); all results, and the news of dead workers after those, come in one queue, to one thread
 * ({@link Dispatcher}). A worker has as many chunks ahead as take it about a millisecond; what it has not begun is
 * taken back for one that is idle ({@link Schedule}).
 */
final class ProcessEngine implements Engine {

    private final int creator = Posix.getpid();
    final Exchange exchange = new Exchange();
    final PoolState state;
    private final WorkerSupply supply;
    private final Dispatcher dispatcher;
    private final Thread thread;

    /** @throws RuntimeException what {@link Process#start()} throws; then no worker is left */
    ProcessEngine(Pool.Builder options) {
        Queue<byte[]> results = new Queue<>();
        RawArray<Long> cells = null;
        try {
            cells = RawArray.of(CType.LONG, options.processes * Claims.STRIDE);
            PoolState pool = new PoolState(options, results);
            state = pool;
            WorkerLauncher launcher = new WorkerLauncher(options, results, cells, exchange);
            supply = new WorkerSupply(pool, launcher, worker -> pool.tell(Dispatcher.death(worker)));
            dispatcher = new Dispatcher(pool, supply, exchange, results, cells);
            thread = new Thread(dispatcher, "multiprocessing pool");
            thread.setDaemon(true);
            pool.runBy(thread, supply.watch());
            supply.start();
        } catch (RuntimeException | Error e) {
            results.close();
            if (cells != null) {
                cells.close();
            }
            throw e;
        }
        thread.start();
    }

    @Override
    public void submit(Chunk chunk) {
        if (creator != Posix.getpid()) {
            throw new IllegalStateException("the pool belongs to the process that made it");
        }
        boolean encoded = encode(chunk);
        synchronized (state.lock) {
            try {
                state.checkTakes(chunk.job);
            } catch (IllegalStateException e) {
                chunk.dropped();
                throw e;
            }
            if (encoded) {
                state.schedule.add(chunk);
                state.dispatch();
            }
        }
        if (encoded && chunk.job.options.timeout() != null) {
            dispatcher.mindTimeLimits();
        }
    }

    private boolean encode(Chunk chunk) {
        try {
            chunk.encode(exchange);
            return true;
        } catch (RuntimeException | Error e) { // of an argument's own code, too
            chunk.failed(e);
            return false;
        }
    }

    @Override
    public void begin() {
        state.begin();
    }

    @Override
    public Inputs inputs() {
        return state.inputs();
    }

    @Override
    public void cancel(Job job, boolean interrupt) {
        synchronized (state.lock) {
            state.schedule.remove(job);
            for (Worker worker : state.workers) {
                if (worker != null && worker.underway.stream().anyMatch(chunk -> chunk.job == job)) {
                    state.schedule.putBack(worker.revoke());
                    state.schedule.remove(job);
                    Chunk running = worker.underway.peekLast();
                    if (interrupt && running != null && running.job == job) {
                        worker.kill(new CancellationException("cancelled"));
                    }
                }
            }
            state.dispatch();
        }
        state.wakeUp(); // perhaps that was the last one of a closed pool
    }

    @Override
    public int size() {
        return state.workers.length;
    }

    @Override
    public void checkMayWait() {
        if (state.isDispatcher()) {
            throw new IllegalStateException("a callback of the pool cannot wait for the pool: it would for ever");
        }
    }

    @Override
    public void close() {
        state.close();
    }

    @Override
    public void terminate() {
        state.terminate();
    }

    @Override
    public boolean join(long nanos) throws InterruptedException {
        state.checkClosed();
        return awaitEnd(nanos);
    }

    @Override
    public boolean awaitEnd(long nanos) throws InterruptedException {
        checkMayWait();
        if (!state.awaitEnd(nanos)) {
            return false;
        }
        thread.join();
        supply.join();
        return true;
    }

    @Override
    public boolean isClosed() {
        return state.isClosed();
    }

    @Override
    public boolean isEnded() {
        return state.isEnded();
    }

    @Override
    public Insights insights() {
        synchronized (state.lock) {
            return new Insights(
                    Arrays.stream(state.workers).filter(Objects::nonNull)
                            .map(worker -> worker.insights(worker.process.pid())).toList(),
                    state.restarts);
        }
    }

    @Override
    public String describe() {
        return state.toString();
    }

    /** The pids of the workers that run. */
    List<Long> pids() {
        synchronized (state.lock) {
            return Arrays.stream(state.workers).filter(Objects::nonNull).map(worker -> worker.process.pid()).toList();
        }
    }
}
