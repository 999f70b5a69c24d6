package org.multiprocessing4j.pool;

/** What runs chunks: processes or threads. */
interface Engine {

    /**
     * Takes a chunk, whose job will hear of it.
     *
     * @throws IllegalStateException "Pool not running", or why it is broken; a closed pool takes those of
     *     calls that have begun
     */
    void submit(Chunk chunk);

    /**
     * A call begins whose chunks come one after the other; {@link Inputs#begun()} says that they have.
     *
     * @throws IllegalStateException as {@link #submit}
     */
    void begin();

    /** Those that are not at their ends. */
    Inputs inputs();

    /** Takes back what has not begun of a cancelled job, and if {@code interrupt} ends what has. */
    void cancel(Job job, boolean interrupt);

    /** How many workers there are. */
    int size();

    /** @throws IllegalStateException in the thread that completes results: it would wait for itself */
    void checkMayWait();

    void close();

    void terminate();

    /** @param nanos negative: for ever @return whether all has ended */
    boolean join(long nanos) throws InterruptedException;

    /** As join, also for what has not been closed yet. */
    boolean awaitEnd(long nanos) throws InterruptedException;

    /** @return whether close or terminate was called */
    boolean isClosed();

    boolean isEnded();

    Insights insights();

    String describe();
}
