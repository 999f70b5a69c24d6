package org.multiprocessing4j.pool;

/** A call that is under way: who gets the outcomes of its chunks. Its methods are called by the pool's thread. */
abstract class Job {
    final CallOptions options;
    private volatile boolean cancelled;

    Job(CallOptions options) {
        this.options = options;
    }

    /** A chunk's results, or {@link Codec.Failure}s in their places. */
    abstract void done(Chunk chunk, Object[] outcomes);

    /** Its chunks come one after the other, so that some may when the pool has been closed. */
    boolean comesInParts() {
        return false;
    }

    void cancel() {
        cancelled = true;
    }

    /** Nobody wants it any more. */
    final boolean isCancelled() {
        return cancelled;
    }
}
