package org.multiprocessing4j.pool;

import org.multiprocessing4j.Multiprocessing;

/**
 * A {@link Pool} of threads: nothing is copied, and nothing need be serializable. Mirrors {@code
 * multiprocessing.pool.ThreadPool}. A thread cannot be killed: where a pool would, it is interrupted.
 */
public final class ThreadPool extends BasicPool {

    /** As many threads as there are processors. */
    public ThreadPool() {
        this(Multiprocessing.cpuCount());
    }

    /**
     * So many threads.
     *
     * @throws IllegalArgumentException "Number of processes must be at least 1"
     */
    public ThreadPool(int processes) {
        this(processes, null);
    }

    /**
     * So many threads.
     *
     * @param initializer what each runs first; null: nothing
     */
    public ThreadPool(int processes, Task.Action initializer) {
        super(new ThreadEngine(processes, initializer));
    }
}
