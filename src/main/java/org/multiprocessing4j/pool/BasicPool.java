package org.multiprocessing4j.pool;

import java.time.Duration;

/**
 * What {@link Pool} and {@link ThreadPool} have in common. Not serializable: "pool objects cannot be passed between
 * processes". Thread-safe.
 */
public abstract sealed class BasicPool extends Calls permits Pool, ThreadPool {

    BasicPool(Engine engine) {
        super(engine, CallOptions.DEFAULT);
    }

    /** The pool for a {@code try} block, as Python's {@code with} has it: at its end the pool is terminated. */
    public final With with() {
        return new With(this);
    }

    /** A pool that is terminated, and its workers are waited for, at the end of a {@code try} block. */
    public static final class With extends Calls implements AutoCloseable {
        private final BasicPool pool;

        private With(BasicPool pool) {
            super(pool.engine(), CallOptions.DEFAULT);
            this.pool = pool;
        }

        /** The pool itself. */
        public BasicPool pool() {
            return pool;
        }

        /** Terminates the pool, and waits for its workers, some seconds at most. */
        @Override
        public void close() {
            pool.terminate();
            try {
                pool.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // the pool ends by itself
            }
        }
    }

    /** Takes no more tasks; when those that it has are done the workers end. */
    public final void close() {
        engine().close();
    }

    /** Ends the workers, whatever they do; calls that are under way fail with a {@code CancellationException}. */
    public final void terminate() {
        engine().terminate();
    }

    /**
     * Waits until the workers have ended, and all of the pool with them.
     *
     * @throws IllegalStateException "Pool is still running": close or terminate comes first
     */
    public final void join() throws InterruptedException {
        engine().join(-1);
    }

    /** As {@link #join()}, but waits at most that long. @return whether the pool has ended */
    public final boolean join(Duration timeout) throws InterruptedException {
        return engine().join(AsyncResult.nanos(timeout));
    }

    /** Whether close or terminate was called, or the pool is broken. */
    final boolean isClosed() {
        return engine().isClosed();
    }

    final boolean isEnded() {
        return engine().isEnded();
    }

    /** What the workers have done so far. */
    public final Insights insights() {
        return engine().insights();
    }

    @Override
    public final String toString() {
        return "<" + getClass().getSimpleName() + " " + engine().describe() + ">";
    }
}
