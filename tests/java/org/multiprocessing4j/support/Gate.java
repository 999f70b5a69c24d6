package org.multiprocessing4j.support;

import java.io.Serializable;
import java.time.Duration;
import org.multiprocessing4j.Lock;

/** A gate between processes: closed at first; {@link #open()} lets one through, and closes behind it. */
public final class Gate implements Serializable {

    private static final long serialVersionUID = 1L;

    /** Longer than anything here takes, and shorter than a test's time-out. */
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Lock lock = new Lock();

    /** A closed gate. */
    public Gate() {
        lock.acquire();
    }

    /** Lets one through: who waits, or who comes next. Not to be called again before that. */
    public void open() {
        lock.release();
    }

    /** Waits until the gate is opened. */
    public void pass() {
        if (!lock.acquire(PATIENCE)) {
            throw new AssertionError("the gate was not opened within " + PATIENCE);
        }
    }
}
