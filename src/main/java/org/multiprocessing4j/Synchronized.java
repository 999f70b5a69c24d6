package org.multiprocessing4j;

import java.time.Duration;

/**
 * A shared object with a lock. Mirrors {@code multiprocessing.sharedctypes.SynchronizedBase}.
 *
 * <p>Each single access takes the lock. Several that belong together take it once more around all of them, which the
 * default {@link RLock} allows:
 * <pre>{@code
 * try (SemLock.Guard guard = counter.hold()) {
 *     counter.setInt(counter.getInt() + 1);
 * }
 * }</pre>
 * With a {@link Lock}, which is not recursive, an access by the thread that already holds it waits for ever, as in
 * CPython: use the object of {@code getObj()} then.
 */
public sealed interface Synchronized permits Value, Array {
    /**
     * The lock that guards the object. Mirrors {@code get_lock()}.
     *
     * @throws IllegalStateException if the object was made without a lock
     */
    SemLock getLock();

    /**
     * Takes the lock; blocks until it is free.
     *
     * @return true
     * @throws IllegalStateException if there is no lock
     */
    default boolean acquire() {
        return getLock().acquire();
    }

    /**
     * Takes the lock.
     *
     * @param block whether to wait until it is free; false only tries
     * @return whether the lock was taken
     * @throws IllegalStateException if there is no lock
     */
    default boolean acquire(boolean block) {
        return getLock().acquire(block);
    }

    /**
     * Takes the lock, waiting at most {@code timeout}.
     *
     * @return whether the lock was taken
     * @throws IllegalStateException if there is no lock
     */
    default boolean acquire(Duration timeout) {
        return getLock().acquire(timeout);
    }

    /**
     * Gives the lock back.
     *
     * @throws IllegalStateException if there is no lock, or as the lock's own {@code release()}
     */
    default void release() {
        getLock().release();
    }

    /**
     * Takes the lock until the guard is closed: Python's {@code with value:}.
     *
     * @throws IllegalStateException if there is no lock
     */
    default SemLock.Guard hold() {
        return getLock().hold();
    }
}
