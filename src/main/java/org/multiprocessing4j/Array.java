package org.multiprocessing4j;

import java.io.Serial;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;

/**
 * A sequence of fixed length in shared memory, with a lock. Mirrors {@code multiprocessing.Array}.
 *
 * <p>Every access takes the lock, but {@code a.set(i, a.get(i) + 1)} takes it twice and is no atomic increment: use
 * {@link #update}, {@link #getAndAdd}, or {@link #hold()} around both.
 *
 * <p>The lock is given as an object, as in Python: true or null for a new {@link RLock}, false for none, or a
 * {@link Lock} or {@link RLock} that exists already. With a {@code Lock}, which is not recursive, an access by the
 * thread that holds it waits for ever; use {@link #getObj()} then.
 *
 * @param <T> the Java class of the elements
 */
public final class Array<T> extends SharedArray<T> implements Synchronized {
    @Serial
    private static final long serialVersionUID = 1L;

    Array(Guarded<T> guarded) {
        super(guarded);
    }

    /**
     * An array: Python's {@code Array('i', 10)} and {@code Array('i', [1, 2, 3])}. With a new RLock.
     *
     * @param sizeOrInitializer an integer for so many zeroed elements; or the elements, as an Iterable or a Java array;
     *        for the typecode u also a String
     * @throws IllegalArgumentException if there is no such typecode, see {@link CType}; "Array length must be >= 0"; if
     *         the elements take 2 GiB or more; if the type does not take a value
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static Array<Object> of(char typecode, Object sizeOrInitializer) {
        return of(CType.untyped(typecode), sizeOrInitializer);
    }

    /**
     * As {@link #of(char, Object)}, but with a given lock: Python's {@code Array('i', 10, lock=lock)}.
     *
     * @param lock see the class
     * @throws IllegalArgumentException also if the lock is none
     */
    public static Array<Object> of(char typecode, Object sizeOrInitializer, Object lock) {
        return of(CType.untyped(typecode), sizeOrInitializer, lock);
    }

    /** As {@link #of(char, Object)}, for a type. */
    public static <T> Array<T> of(CType<T> type, Object sizeOrInitializer) {
        return of(type, sizeOrInitializer, true);
    }

    /** As {@link #of(char, Object, Object)}, for a type. */
    public static <T> Array<T> of(CType<T> type, Object sizeOrInitializer, Object lock) {
        Cells<T> cells = Initializer.allocate(type, sizeOrInitializer);
        return new Array<>(new Guarded<>(cells, Guarded.lockOf(lock)));
    }

    /**
     * An array of structures: as {@link #of(char, Object)}.
     *
     * @throws IllegalArgumentException also if the record is no C structure, see {@link CType#structure(Class)}
     */
    public static <R extends Record> Array<R> of(Class<R> record, Object sizeOrInitializer) {
        return of(record, sizeOrInitializer, true);
    }

    /**
     * An array of structures: as {@link #of(char, Object, Object)}.
     *
     * @throws IllegalArgumentException also if the record is no C structure, see {@link CType#structure(Class)}
     */
    public static <R extends Record> Array<R> of(Class<R> record, Object sizeOrInitializer, Object lock) {
        return of(CType.structure(record), sizeOrInitializer, lock);
    }

    @Override
    public SemLock getLock() {
        return guarded().lock();
    }

    /** The same memory without the lock. Mirrors {@code get_obj()}. */
    public RawArray<T> getObj() {
        return new RawArray<>(guarded().cells());
    }

    /**
     * Replaces an element by a function of it, both under the lock. The function must not use this array if its lock is
     * not recursive. What it throws leaves the element as it is.
     *
     * @return the new element, as the function returned it
     * @throws IndexOutOfBoundsException "invalid index"
     * @throws IllegalStateException if there is no lock
     */
    public T update(int index, UnaryOperator<T> function) {
        return guarded().update(at(index), function);
    }

    /**
     * {@link #update} without boxing.
     *
     * @throws IllegalStateException if there is no lock
     */
    public int updateInt(int index, IntUnaryOperator function) {
        return guarded().updateInt(at(index), function);
    }

    /**
     * {@link #update} without boxing.
     *
     * @throws IllegalStateException if there is no lock
     */
    public long updateLong(int index, LongUnaryOperator function) {
        return guarded().updateLong(at(index), function);
    }

    /**
     * {@link #update} without boxing.
     *
     * @throws IllegalStateException if there is no lock
     */
    public double updateDouble(int index, DoubleUnaryOperator function) {
        return guarded().updateDouble(at(index), function);
    }

    /** As {@code <SynchronizedArray wrapper for c_int_Array_3[1, 2, 3]>}; does not take the lock. */
    @Override
    public String toString() {
        String elements = Initializer.describe(guarded().cells());
        if (!guarded().isLocked()) {
            return elements;
        }
        return "<Synchronized" + (type() == CType.CHAR ? "String" : "Array") + " wrapper for " + elements + ">";
    }

    @Override
    Reduced reduced() {
        return new Reduced(Reduced.Kind.ARRAY, guarded().cells(), guarded().isLocked() ? guarded().lock() : null);
    }
}
