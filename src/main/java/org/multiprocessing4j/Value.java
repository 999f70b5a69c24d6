package org.multiprocessing4j;

import java.io.Serial;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;

/**
 * One value in shared memory, with a lock. Mirrors {@code multiprocessing.Value}.
 *
 * <p>Every access takes the lock, but {@code v.set(v.get() + 1)} takes it twice and is no atomic increment: use
 * {@link #update}, {@link #getAndAdd}, or {@link #hold()} around both.
 *
 * <p>The lock is given as an object, as in Python: true or null for a new {@link RLock}, false for none, or a
 * {@link Lock} or {@link RLock} that exists already. With a {@code Lock}, which is not recursive, an access by the
 * thread that holds it waits for ever; use {@link #getObj()} then.
 *
 * @param <T> the Java class of the value
 */
public final class Value<T> extends SharedValue<T> implements Synchronized {
    @Serial
    private static final long serialVersionUID = 1L;

    Value(Guarded<T> guarded) {
        super(guarded);
    }

    /**
     * A value with all bytes zero and a new RLock.
     *
     * @throws IllegalArgumentException if there is no such typecode, see {@link CType}
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static Value<Object> of(char typecode) {
        return of(CType.untyped(typecode));
    }

    /**
     * A value with a new RLock: Python's {@code Value('i', 5)}.
     *
     * @throws IllegalArgumentException if there is no such typecode, or it does not take such a value
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static Value<Object> of(char typecode, Object initial) {
        return of(typecode, initial, true);
    }

    /**
     * A value: Python's {@code Value('i', 5, lock=lock)}.
     *
     * @param lock see the class
     * @throws IllegalArgumentException if there is no such typecode, or it does not take such a value, or the lock is
     *         none
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static Value<Object> of(char typecode, Object initial, Object lock) {
        return of(CType.untyped(typecode), initial, lock);
    }

    /**
     * A value with all bytes zero and a new RLock.
     *
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <T> Value<T> of(CType<T> type) {
        return new Value<>(new Guarded<>(Cells.allocate(type, 1), new RLock()));
    }

    /**
     * A value with a new RLock.
     *
     * @throws IllegalArgumentException if the type does not take such a value
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <T> Value<T> of(CType<T> type, T initial) {
        return of(type, initial, true);
    }

    /**
     * A value.
     *
     * @param lock see the class
     * @throws IllegalArgumentException if the type does not take such a value, or the lock is none
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <T> Value<T> of(CType<T> type, T initial, Object lock) {
        Cells<T> cells = Cells.holding(type, initial);
        return new Value<>(new Guarded<>(cells, Guarded.lockOf(lock)));
    }

    /**
     * A structure with all bytes zero and a new RLock. Mirrors {@code Value(Point)}.
     *
     * @throws IllegalArgumentException if the record is no C structure, see {@link CType#structure(Class)}
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <R extends Record> Value<R> of(Class<R> record) {
        return of(CType.structure(record));
    }

    /**
     * A structure with a new RLock. Mirrors {@code Value(Point, 1, 2)}.
     *
     * @throws IllegalArgumentException if the record is no C structure, see {@link CType#structure(Class)}
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <R extends Record> Value<R> of(Class<R> record, R initial) {
        return of(record, initial, true);
    }

    /**
     * A structure. Mirrors {@code Value(Point, 1, 2, lock=lock)}.
     *
     * @param lock see the class
     * @throws IllegalArgumentException if the record is no C structure, or the lock is none
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <R extends Record> Value<R> of(Class<R> record, R initial, Object lock) {
        return of(CType.structure(record), initial, lock);
    }

    @Override
    public SemLock getLock() {
        return guarded().lock();
    }

    /** The same memory without the lock. Mirrors {@code get_obj()}. */
    public RawValue<T> getObj() {
        return new RawValue<>(guarded().cells());
    }

    /**
     * Replaces the value by a function of it, both under the lock: Python's {@code with v: v.value = f(v.value)}. The
     * function must not use this value if its lock is not recursive. What it throws leaves the value as it is.
     *
     * @return the new value, as the function returned it
     * @throws IllegalStateException if there is no lock
     */
    public T update(UnaryOperator<T> function) {
        return guarded().update(0, function);
    }

    /**
     * {@link #update} without boxing.
     *
     * @throws IllegalStateException if there is no lock
     */
    public int updateInt(IntUnaryOperator function) {
        return guarded().updateInt(0, function);
    }

    /**
     * {@link #update} without boxing.
     *
     * @throws IllegalStateException if there is no lock
     */
    public long updateLong(LongUnaryOperator function) {
        return guarded().updateLong(0, function);
    }

    /**
     * {@link #update} without boxing.
     *
     * @throws IllegalStateException if there is no lock
     */
    public double updateDouble(DoubleUnaryOperator function) {
        return guarded().updateDouble(0, function);
    }

    /** As {@code <Synchronized wrapper for c_int(5)>}; does not take the lock. */
    @Override
    public String toString() {
        if (!guarded().isLocked()) {
            return guarded().cells().describeFirst();
        }
        String wrapper = type().kind() == Kind.STRUCT ? "Synchronized" + type() : "Synchronized";
        return "<" + wrapper + " wrapper for " + guarded().cells().describeFirst() + ">";
    }

    @Override
    Reduced reduced() {
        return new Reduced(Reduced.Kind.VALUE, guarded().cells(), guarded().isLocked() ? guarded().lock() : null);
    }
}
