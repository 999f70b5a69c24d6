package org.multiprocessing4j;

/**
 * The functions of {@code multiprocessing.sharedctypes} that {@link RawValue}, {@link RawArray}, {@link Value} and
 * {@link Array} do not have themselves.
 */
public final class SharedCTypes {
    private SharedCTypes() {
    }

    /**
     * An independent copy in new shared memory, without a lock. Mirrors {@code copy()}. Takes the lock of a
     * {@link Value} while it copies.
     *
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <T> RawValue<T> copy(SharedValue<T> value) {
        return new RawValue<>(value.guarded().copy());
    }

    /**
     * An independent copy in new shared memory, without a lock. Mirrors {@code copy()}. Takes the lock of an
     * {@link Array} while it copies.
     *
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <T> RawArray<T> copy(SharedArray<T> array) {
        return new RawArray<>(array.guarded().copy());
    }

    /**
     * Puts a new RLock around a value; the memory stays the same. Mirrors {@code synchronized()}, which is no possible
     * name in Java.
     *
     * @throws IllegalStateException "object already synchronized"
     */
    public static <T> Value<T> synchronize(SharedValue<T> value) {
        return synchronize(value, null);
    }

    /**
     * Puts a lock around a value; the memory stays the same. Mirrors {@code synchronized(obj, lock)}.
     *
     * @param lock null for a new RLock
     * @throws IllegalStateException "object already synchronized"
     */
    public static <T> Value<T> synchronize(SharedValue<T> value, SemLock lock) {
        return new Value<>(synchronize(value.guarded(), lock));
    }

    /**
     * Puts a new RLock around an array; the memory stays the same. Mirrors {@code synchronized()}.
     *
     * @throws IllegalStateException "object already synchronized"
     */
    public static <T> Array<T> synchronize(SharedArray<T> array) {
        return synchronize(array, null);
    }

    /**
     * Puts a lock around an array; the memory stays the same. Mirrors {@code synchronized(obj, lock)}.
     *
     * @param lock null for a new RLock
     * @throws IllegalStateException "object already synchronized"
     */
    public static <T> Array<T> synchronize(SharedArray<T> array, SemLock lock) {
        return new Array<>(synchronize(array.guarded(), lock));
    }

    private static <T> Guarded<T> synchronize(Guarded<T> raw, SemLock lock) {
        if (raw.isLocked()) {
            throw new IllegalStateException("object already synchronized");
        }
        return new Guarded<>(raw.cells(), lock == null ? new RLock() : lock);
    }
}
