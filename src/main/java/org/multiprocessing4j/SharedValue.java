package org.multiprocessing4j;

import java.io.Serial;
import java.io.Serializable;
import java.nio.ByteBuffer;

/**
 * One value in shared memory: what {@link RawValue} and {@link Value} have in common. With a lock, every access takes
 * it, except the atomic and volatile ones, whose documentation says so.
 *
 * <p>The primitive accessors neither allocate nor box. After {@link #close()} every access is an
 * {@link IllegalStateException}. Serializable only while a process is being started: the copy in the child is the same
 * memory. Objects are equal only to themselves.
 *
 * @param <T> the Java class of the value
 */
public abstract sealed class SharedValue<T> implements AutoCloseable, Serializable permits RawValue, Value {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient Guarded<T> guarded;

    SharedValue(Guarded<T> guarded) {
        this.guarded = guarded;
    }

    /** The type of the value. */
    public final CType<T> type() {
        return guarded.cells().type();
    }

    /**
     * The value: Python's {@code v.value}.
     *
     * @return an instance of the type's {@link CType#javaType()}; a record is a copy
     */
    public final T get() {
        return guarded.get(0);
    }

    /**
     * Stores a value: Python's {@code v.value = x}. Integers wrap silently as in C.
     *
     * @throws IllegalArgumentException if the type does not take such a value
     */
    public final void set(T value) {
        guarded.set(0, value);
    }

    /**
     * The value of an integer type.
     *
     * @throws ArithmeticException if it does not fit in an int
     * @throws IllegalArgumentException if the type is not an integer type
     */
    public final int getInt() {
        return guarded.getInt(0);
    }

    /**
     * Stores in an integer type, cut to its width.
     *
     * @throws IllegalArgumentException if the type is not an integer type
     */
    public final void setInt(int value) {
        guarded.setInt(0, value);
    }

    /**
     * The value of an integer type.
     *
     * @throws ArithmeticException if it does not fit in a long
     * @throws IllegalArgumentException if the type is not an integer type
     */
    public final long getLong() {
        return guarded.getLong(0);
    }

    /**
     * Stores in an integer type, cut to its width.
     *
     * @throws IllegalArgumentException if the type is not an integer type
     */
    public final void setLong(long value) {
        guarded.setLong(0, value);
    }

    /**
     * The value of any numeric type, as the nearest double.
     *
     * @throws IllegalArgumentException if the type is not numeric
     */
    public final double getDouble() {
        return guarded.getDouble(0);
    }

    /**
     * Stores in a floating-point type, rounded to its precision.
     *
     * @throws IllegalArgumentException if the type is not a floating-point type
     */
    public final void setDouble(double value) {
        guarded.setDouble(0, value);
    }

    /** {@link #getInt()} as of a volatile variable, and without the lock: for flags that another process sets. */
    public final int getIntVolatile() {
        return guarded.cells().getIntVolatile(0);
    }

    /** {@link #setInt(int)} as of a volatile variable, and without the lock. */
    public final void setIntVolatile(int value) {
        guarded.cells().setIntVolatile(0, value);
    }

    /** {@link #getLong()} as of a volatile variable, and without the lock. */
    public final long getLongVolatile() {
        return guarded.cells().getLongVolatile(0);
    }

    /** {@link #setLong(long)} as of a volatile variable, and without the lock. */
    public final void setLongVolatile(long value) {
        guarded.cells().setLongVolatile(0, value);
    }

    /**
     * Adds atomically, cut to the width of the type. Atomic among the atomic operations of all processes; does not take
     * the lock, so that a read and a write under the lock may come between.
     *
     * @return the value before; of an unsigned 64-bit type, its bits
     * @throws IllegalArgumentException unless the type is one of i I l L q Q
     */
    public final long getAndAdd(long delta) {
        return guarded.cells().getAndAdd(0, delta);
    }

    /**
     * As {@link #getAndAdd(long)}, but returns the value after.
     *
     * @throws IllegalArgumentException unless the type is one of i I l L q Q
     */
    public final long addAndGet(long delta) {
        return guarded.cells().addAndGet(0, delta);
    }

    /**
     * Stores atomically, cut to the width of the type; does not take the lock.
     *
     * @return the value before; of an unsigned 64-bit type, its bits
     * @throws IllegalArgumentException unless the type is one of i I l L q Q
     */
    public final long getAndSet(long value) {
        return guarded.cells().getAndSet(0, value);
    }

    /**
     * Stores {@code desired} if the value is {@code expected}, atomically; does not take the lock. Both are converted
     * to the type first, as by a store.
     *
     * @return whether it was stored
     * @throws IllegalArgumentException unless the type is one of i I l L q Q f d
     */
    public final boolean compareAndSet(long expected, long desired) {
        return guarded.cells().compareAndSet(0, expected, desired);
    }

    /**
     * Stores {@code desired} if the value's bits are those of {@code expected}, atomically; does not take the lock.
     * Zero and negative zero differ therefore, and a NaN equals itself.
     *
     * @return whether it was stored
     * @throws IllegalArgumentException unless the type is f or d
     */
    public final boolean compareAndSet(double expected, double desired) {
        return guarded.cells().compareAndSet(0, expected, desired);
    }

    /**
     * A member of a structure: Python's {@code v.x}.
     *
     * @param name the record component's name; {@code "outer.inner"} for a member of a member
     * @return an instance of the component's boxed class
     * @throws IllegalArgumentException if there is no such member
     */
    public final Object getField(String name) {
        return guarded.getField(0, name);
    }

    /**
     * Stores a member of a structure and leaves the others: Python's {@code v.x = value}.
     *
     * @param name as for {@link #getField(String)}
     * @throws IllegalArgumentException if there is no such member, or it does not take such a value
     */
    public final void setField(String name, Object value) {
        guarded.setField(0, name, value);
    }

    /**
     * The memory itself, in native byte order and without the lock. Stays readable after {@link #close()}: the memory
     * lives for as long as a view of it does.
     */
    public final ByteBuffer asByteBuffer() {
        return guarded.cells().asByteBuffer();
    }

    /** Where the value lies: what a foreign program needs to map it. */
    public final SharedHandle handle() {
        return guarded.cells().handle();
    }

    /**
     * Gives the memory back, once no view of it is reachable; no effect the second time. To be called when no other
     * thread and no child uses the value any more: the memory may become another object's.
     */
    @Override
    public final void close() {
        guarded.cells().close();
    }

    /** Whether this value, or one that shares its memory in this process, was closed. */
    public final boolean isClosed() {
        return guarded.cells().isClosed();
    }

    final Guarded<T> guarded() {
        return guarded;
    }

    /** @throws IllegalStateException if no process is being started, or this is closed */
    abstract Reduced reduced();

    @Serial
    final Object writeReplace() {
        return reduced();
    }
}
