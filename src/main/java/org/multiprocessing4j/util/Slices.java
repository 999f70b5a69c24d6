package org.multiprocessing4j.util;

import java.util.concurrent.TimeUnit;

/** The slices of a wait that looks at interrupts: no interrupt reaches a thread that waits in native code. */
public final class Slices {

    /** How long an interrupt may be overlooked. */
    private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(10);

    private final long start;
    private final long timeout;

    /**
     * Begins a wait.
     *
     * @param timeout in nanoseconds, from now; negative: for ever
     */
    public Slices(long timeout) {
        this(timeout, System.nanoTime());
    }

    /**
     * Goes on with a wait.
     *
     * @param timeout in nanoseconds, from {@code start} on; negative: for ever
     * @param start by the clock of {@link System#nanoTime()}
     */
    public Slices(long timeout, long start) {
        this.timeout = timeout;
        this.start = start;
    }

    /** When the wait began, by the clock of {@link System#nanoTime()}. */
    public long start() {
        return start;
    }

    /** How long to wait next. */
    public long next() {
        return timeout < 0 ? LONGEST : Math.max(0, Math.min(LONGEST, left()));
    }

    /**
     * How long to wait next.
     *
     * @throws InterruptedException if the thread has been interrupted
     */
    public long nextUnlessInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return next();
    }

    /** Whether the time has run out. */
    public boolean over() {
        return timeout >= 0 && left() <= 0;
    }

    /** The nanoseconds that are left of a timeout; negative if it took longer. */
    public long left() {
        return timeout - (System.nanoTime() - start);
    }
}
