package org.multiprocessing4j;

import java.io.Serial;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.RandomAccess;

/**
 * A sequence of fixed length in shared memory: what {@link RawArray} and {@link Array} have in common. A
 * {@link List} whose elements can be replaced but neither added nor removed. Indices of single elements may be
 * negative, from the end. With a lock, every access takes it, and a copy of many elements takes it once; the atomic and
 * volatile accesses do not, as their documentation says. An iteration takes it for each element.
 *
 * <p>The primitive accessors neither allocate nor box. After {@link #close()} every access is an
 * {@link IllegalStateException}. Serializable only while a process is being started: the copy in the child is the same
 * memory.
 *
 * @param <T> the Java class of the elements
 */
public abstract sealed class SharedArray<T> extends AbstractList<T>
        implements RandomAccess, AutoCloseable, Serializable permits RawArray, Array {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient Guarded<T> guarded;

    SharedArray(Guarded<T> guarded) {
        this.guarded = guarded;
    }

    /** The type of the elements. */
    public final CType<T> type() {
        return guarded.cells().type();
    }

    @Override
    public final int size() {
        return guarded.cells().count();
    }

    /**
     * An element: Python's {@code a[index]}.
     *
     * @throws IndexOutOfBoundsException "invalid index"
     */
    @Override
    public final T get(int index) {
        return guarded.get(at(index));
    }

    /**
     * Replaces an element: Python's {@code a[index] = value}. Integers wrap silently as in C.
     *
     * @return the element before
     * @throws IndexOutOfBoundsException "invalid index"
     * @throws IllegalArgumentException if the type does not take such a value
     */
    @Override
    public final T set(int index, T value) {
        return guarded.getAndReplace(at(index), value);
    }

    /** An element of an integer type. Errors as for {@link #get(int)} and {@link SharedValue#getInt()}. */
    public final int getInt(int index) {
        return guarded.getInt(at(index));
    }

    /** Replaces an element. Errors as for {@link #get(int)} and {@link SharedValue#setInt(int)}. */
    public final void setInt(int index, int value) {
        guarded.setInt(at(index), value);
    }

    /** An element of an integer type. Errors as for {@link #get(int)} and {@link SharedValue#getLong()}. */
    public final long getLong(int index) {
        return guarded.getLong(at(index));
    }

    /** Replaces an element. Errors as for {@link #get(int)} and {@link SharedValue#setLong(long)}. */
    public final void setLong(int index, long value) {
        guarded.setLong(at(index), value);
    }

    /** An element of a numeric type. Errors as for {@link #get(int)} and {@link SharedValue#getDouble()}. */
    public final double getDouble(int index) {
        return guarded.getDouble(at(index));
    }

    /** Replaces an element. Errors as for {@link #get(int)} and {@link SharedValue#setDouble(double)}. */
    public final void setDouble(int index, double value) {
        guarded.setDouble(at(index), value);
    }

    /** As {@link SharedValue#getIntVolatile()}. */
    public final int getIntVolatile(int index) {
        return guarded.cells().getIntVolatile(at(index));
    }

    /** As {@link SharedValue#setIntVolatile(int)}. */
    public final void setIntVolatile(int index, int value) {
        guarded.cells().setIntVolatile(at(index), value);
    }

    /** As {@link SharedValue#getLongVolatile()}. */
    public final long getLongVolatile(int index) {
        return guarded.cells().getLongVolatile(at(index));
    }

    /** As {@link SharedValue#setLongVolatile(long)}. */
    public final void setLongVolatile(int index, long value) {
        guarded.cells().setLongVolatile(at(index), value);
    }

    /** As {@link SharedValue#getAndAdd(long)}: atomic, without the lock. */
    public final long getAndAdd(int index, long delta) {
        return guarded.cells().getAndAdd(at(index), delta);
    }

    /** As {@link SharedValue#addAndGet(long)}: atomic, without the lock. */
    public final long addAndGet(int index, long delta) {
        return guarded.cells().addAndGet(at(index), delta);
    }

    /** As {@link SharedValue#getAndSet(long)}: atomic, without the lock. */
    public final long getAndSet(int index, long value) {
        return guarded.cells().getAndSet(at(index), value);
    }

    /** As {@link SharedValue#compareAndSet(long, long)}: atomic, without the lock. */
    public final boolean compareAndSet(int index, long expected, long desired) {
        return guarded.cells().compareAndSet(at(index), expected, desired);
    }

    /** As {@link SharedValue#compareAndSet(double, double)}: atomic, without the lock. */
    public final boolean compareAndSet(int index, double expected, double desired) {
        return guarded.cells().compareAndSet(at(index), expected, desired);
    }

    /** A member of a structure: Python's {@code a[index].x}. As {@link SharedValue#getField(String)}. */
    public final Object getField(int index, String name) {
        return guarded.getField(at(index), name);
    }

    /** Replaces a member: Python's {@code a[index].x = value}. As {@link SharedValue#setField(String, Object)}. */
    public final void setField(int index, String name, Object value) {
        guarded.setField(at(index), name, value);
    }

    /** A new list of all elements, taken under the lock: Python's {@code a[:]}. */
    public final List<T> slice() {
        return slice(null, null, null);
    }

    /** A new list of some elements: Python's {@code a[start:stop]}. See {@link #slice(Integer, Integer, Integer)}. */
    public final List<T> slice(Integer start, Integer stop) {
        return slice(start, stop, null);
    }

    /**
     * A new list of some elements, taken under the lock: Python's {@code a[start:stop:step]}. Negative indices count
     * from the end, those beyond the ends are clipped, and null is an omitted one.
     *
     * @throws IllegalArgumentException "slice step cannot be zero"
     */
    public final List<T> slice(Integer start, Integer stop, Integer step) {
        return guarded.slice(Slice.of(start, stop, step, size()));
    }

    /** Replaces some elements: Python's {@code a[start:stop] = values}. */
    public final void setSlice(Integer start, Integer stop, Collection<? extends T> values) {
        setSlice(start, stop, null, values);
    }

    /**
     * Replaces some elements, under the lock: Python's {@code a[start:stop:step] = values}. All or, after an exception,
     * none.
     *
     * @throws IllegalArgumentException "Can only assign sequence of same size"; if the type does not take a value;
     *         "slice step cannot be zero"
     */
    public final void setSlice(Integer start, Integer stop, Integer step, Collection<? extends T> values) {
        Slice slice = Slice.of(start, stop, step, size());
        Object[] elements = values.toArray();
        if (elements.length != slice.count()) {
            throw new IllegalArgumentException("Can only assign sequence of same size");
        }
        guarded.setSlice(slice, elements);
    }

    /**
     * Copies elements into a primitive array, under the lock, without conversion.
     *
     * @param index the first element copied, not negative
     * @param target byte[] for b B c, short[] for h H, int[] for i I, long[] for l L q Q, float[] for f, double[] for d
     * @param offset where in the target the first goes
     * @param length how many
     * @throws IllegalArgumentException if the target is another array, or none
     * @throws IndexOutOfBoundsException if a range exceeds its array
     */
    public final void copyTo(int index, Object target, int offset, int length) {
        ArrayCopy.check(guarded.cells(), index, target, offset, length);
        guarded.copyTo(index, target, offset, length);
    }

    /** Fills a primitive array with the first elements. As {@link #copyTo(int, Object, int, int)}. */
    public final void copyTo(Object target) {
        copyTo(0, target, 0, ArrayCopy.lengthOf(target));
    }

    /**
     * Replaces elements by those of a primitive array, under the lock, without conversion.
     *
     * @param index the first element replaced, not negative
     * @param source as the target of {@link #copyTo(int, Object, int, int)}
     * @param offset where in the source the first is
     * @param length how many
     * @throws IllegalArgumentException if the source is another array, or none
     * @throws IndexOutOfBoundsException if a range exceeds its array
     */
    public final void copyFrom(int index, Object source, int offset, int length) {
        ArrayCopy.check(guarded.cells(), index, source, offset, length);
        guarded.copyFrom(index, source, offset, length);
    }

    /** Replaces the first elements by all of a primitive array. As {@link #copyFrom(int, Object, int, int)}. */
    public final void copyFrom(Object source) {
        copyFrom(0, source, 0, ArrayCopy.lengthOf(source));
    }

    /** All elements of a type of h H. As {@link #copyTo(Object)}. */
    public final short[] toShortArray() {
        return filled(new short[size()]);
    }

    /** All elements of a type of i I. As {@link #copyTo(Object)}. */
    public final int[] toIntArray() {
        return filled(new int[size()]);
    }

    /** All elements of a type of l L q Q. As {@link #copyTo(Object)}. */
    public final long[] toLongArray() {
        return filled(new long[size()]);
    }

    /** All elements of a type of f. As {@link #copyTo(Object)}. */
    public final float[] toFloatArray() {
        return filled(new float[size()]);
    }

    /** All elements of a type of d. As {@link #copyTo(Object)}. */
    public final double[] toDoubleArray() {
        return filled(new double[size()]);
    }

    /** All elements of a type of b B c. As {@link #copyTo(Object)}. */
    public final byte[] toByteArray() {
        return filled(new byte[size()]);
    }

    /**
     * The bytes before the first NUL of an array of c: Python's {@code a.value}.
     *
     * @throws IllegalArgumentException if the typecode is not c
     */
    public final byte[] value() {
        byte[] bytes = raw();
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return Arrays.copyOf(bytes, end);
    }

    /**
     * Writes bytes, and a NUL if there is room, to an array of c: Python's {@code a.value = bytes}.
     *
     * @throws IllegalArgumentException "byte string too long"; if the typecode is not c
     */
    public final void value(byte[] bytes) {
        raw(bytes.length < size() ? Arrays.copyOf(bytes, bytes.length + 1) : bytes);
    }

    /**
     * All bytes of an array of c: Python's {@code a.raw}.
     *
     * @throws IllegalArgumentException if the typecode is not c
     */
    public final byte[] raw() {
        requireType(CType.CHAR);
        return toByteArray();
    }

    /**
     * Writes bytes to the beginning of an array of c and leaves the rest: Python's {@code a.raw = bytes}.
     *
     * @throws IllegalArgumentException "byte string too long"; if the typecode is not c
     */
    public final void raw(byte[] bytes) {
        requireType(CType.CHAR);
        if (bytes.length > size()) {
            throw new IllegalArgumentException("byte string too long");
        }
        guarded.copyFrom(0, bytes, 0, bytes.length);
    }

    /**
     * The characters before the first NUL of an array of u: Python's {@code a.value} of {@code RawArray('u', n)}.
     *
     * @throws IllegalArgumentException if the typecode is not u, or an element is no code point
     */
    public final String text() {
        requireType(CType.WCHAR);
        StringBuilder text = new StringBuilder();
        for (T character : slice()) {
            if (character.equals("\0")) {
                break;
            }
            text.append(character);
        }
        return text.toString();
    }

    /**
     * Writes a string, and a NUL if there is room, to an array of u: Python's {@code a.value = text}.
     *
     * @throws IllegalArgumentException "string too long"; if the typecode is not u
     */
    public final void text(String text) {
        requireType(CType.WCHAR);
        int[] codePoints = text.codePoints().toArray();
        if (codePoints.length > size()) {
            throw new IllegalArgumentException("string too long");
        }
        int length = Math.min(codePoints.length + 1, size());
        guarded.copyFrom(0, Arrays.copyOf(codePoints, length), 0, length);
    }

    /** As {@link SharedValue#asByteBuffer()}: without the lock. */
    public final ByteBuffer asByteBuffer() {
        return guarded.cells().asByteBuffer();
    }

    /** As {@link SharedValue#handle()}. */
    public final SharedHandle handle() {
        return guarded.cells().handle();
    }

    /** As {@link SharedValue#close()}. */
    @Override
    public final void close() {
        guarded.cells().close();
    }

    /** As {@link SharedValue#isClosed()}. */
    public final boolean isClosed() {
        return guarded.cells().isClosed();
    }

    /** All elements, taken under the lock. */
    @Override
    public final Object[] toArray() {
        return slice().toArray();
    }

    /** All elements, taken under the lock. */
    @Override
    public final <A> A[] toArray(A[] array) {
        return slice().toArray(array);
    }

    /** Whether {@code other} is a list of equal elements; those of this array are taken under the lock. */
    @Override
    public final boolean equals(Object other) {
        return other == this || other instanceof List<?> list && slice().equals(list);
    }

    /** That of a list of the same elements; it changes with them. */
    @Override
    public final int hashCode() {
        return slice().hashCode();
    }

    final Guarded<T> guarded() {
        return guarded;
    }

    /** The byte offset of an element. */
    final int at(int index) {
        Cells<T> cells = guarded.cells();
        int fromStart = index < 0 ? index + cells.count() : index;
        if (fromStart < 0 || fromStart >= cells.count()) {
            throw new IndexOutOfBoundsException("invalid index: " + index + " (length " + cells.count() + ")");
        }
        return fromStart * cells.type().size();
    }

    private <A> A filled(A target) {
        copyTo(target);
        return target;
    }

    private void requireType(CType<?> needed) {
        if (type() != needed) {
            throw new IllegalArgumentException("only arrays of " + needed + " have it, not of " + type());
        }
    }

    /** @throws IllegalStateException if no process is being started, or this is closed */
    abstract Reduced reduced();

    @Serial
    final Object writeReplace() {
        return reduced();
    }
}
