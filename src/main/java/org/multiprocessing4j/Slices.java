package org.multiprocessing4j;

import java.util.concurrent.TimeUnit;

/** The slices of a wait that looks at interrupts: no interrupt reaches a thread that waits in native code. */
final class Slices {

    /** How long an interrupt may be overlooked. */
    private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(10);

    private final long start;
    private final long timeout;

    /** @param timeout in nanoseconds, from now; negative: for ever */
    Slices(long timeout) {
        this(timeout, System.nanoTime());
    }

    /** @param timeout in nanoseconds, from {@code start} on; negative: for ever */
    Slices(long timeout, long start) {
        this.timeout = timeout;
        this.start = start;
    }

    /** When the wait began, by the clock of {@link System#nanoTime()}. */
    long start() {
        return start;
    }

    /** How long to wait next. */
    long next() {
        return timeout < 0 ? LONGEST : Math.max(0, Math.min(LONGEST, left()));
    }

    /**
     * How long to wait next.
     *
     * @throws InterruptedException if the thread has been interrupted
     */
    long nextUnlessInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return next();
    }

    /** Whether the time has run out. */
    boolean over() {
        return timeout >= 0 && left() <= 0;
    }

    /** The nanoseconds that are left of a timeout; negative if it took longer. */
    long left() {
        return timeout - (System.nanoTime() - start);
    }
}
