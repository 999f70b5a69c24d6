package org.multiprocessing4j.support;

import java.io.Serializable;
import java.time.Duration;
import org.multiprocessing4j.Semaphore;

/** A gate between processes: closed at first; {@link #open()} lets one through, and closes behind it. */
public final class Gate implements Serializable {

    private static final long serialVersionUID = 1L;

    /** Longer than anything here takes, and shorter than a test's time-out. */
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Its permits are nobody's: who has passed may end, and the gate stays closed. */
    private final Semaphore permits = new Semaphore(0);

    /** A closed gate. */
    public Gate() {}

    /** Lets one through: who waits, or who comes next. Not to be called again before that. */
    public void open() {
        permits.release();
    }

    /** Waits until the gate is opened. */
    public void pass() {
        if (!permits.acquire(PATIENCE)) {
            throw new AssertionError("the gate was not opened within " + PATIENCE);
        }
    }
}
