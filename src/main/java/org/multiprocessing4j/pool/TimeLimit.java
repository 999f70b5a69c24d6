package org.multiprocessing4j.pool;

import java.util.concurrent.TimeoutException;

/** How long tasks may take: {@link CallOptions#timeout()}. */
final class TimeLimit {

    private TimeLimit() {}

    /**
     * What is left to a worker for what it runs. A chunk that it has not begun has all of its time.
     *
     * @param worker null for one that is being replaced
     * @return nanoseconds, zero or less if it took too long; Long.MAX_VALUE without a limit, or if it is killed already
     */
    static long left(Worker worker, long now) {
        Chunk head = worker == null ? null : worker.underway.peek();
        if (head == null || head.job.options.timeout() == null || worker.killedFor != null) {
            return Long.MAX_VALUE;
        }
        long taken = worker.claims.begun() == head.sequence ? Math.max(0, now - worker.claims.begunAt()) : 0;
        return AsyncResult.nanos(head.job.options.timeout()) - taken;
    }

    /** What a task that took too long fails with. */
    static TimeoutException exceeded(Chunk chunk, long pid) {
        return new TimeoutException(
                chunk + " took longer than " + chunk.job.options.timeout() + ": its worker process " + pid
                        + " was killed");
    }
}
