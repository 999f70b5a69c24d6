package org.multiprocessing4j;

import java.io.Serial;

/**
 * A blocked acquire found that it waits for itself, and gave up: the lock was not taken. Thrown only where that was
 * asked for, by {@link Deadlock#setAction(Deadlock.Action)}.
 */
public final class DeadlockException extends IllegalStateException {

    @Serial
    private static final long serialVersionUID = 1L;

    private final Deadlock deadlock;

    DeadlockException(Deadlock deadlock) {
        super(deadlock.toString());
        this.deadlock = deadlock;
    }

    /** Who waited for whom; this thread is the first. */
    public Deadlock deadlock() {
        return deadlock;
    }
}
