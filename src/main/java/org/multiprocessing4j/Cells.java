package org.multiprocessing4j;

import java.io.Serial;
import java.io.Serializable;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Elements of one C type in a block of shared memory, addressed by byte offset: what values and arrays have in common.
 * The owners check indices; the buffer checks once more, so that no offset reaches foreign memory.
 *
 * @param <T> the Java class of the elements
 */
final class Cells<T> implements Serializable, AutoCloseable {
    @Serial
    private static final long serialVersionUID = 1L;
    private static final VarHandle INTS = view(int[].class);
    private static final VarHandle LONGS = view(long[].class);
    private static final VarHandle FLOATS = view(float[].class);
    private static final VarHandle DOUBLES = view(double[].class);
    private static final long UINT_MASK = 0xFFFF_FFFFL;

    private final transient CType<T> type;
    private final transient int count;
    private final transient Block block;
    /** Null once closed. Every access reads it into a local first, which keeps the memory mapped meanwhile. */
    private transient ByteBuffer memory;

    Cells(CType<T> type, int count, Block block) {
        this.type = type;
        this.count = count;
        this.block = block;
        this.memory = block.buffer();
    }

    /**
     * Zeroed memory for {@code count} elements.
     *
     * @throws IllegalArgumentException if they take 2 GiB or more
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    static <T> Cells<T> allocate(CType<T> type, int count) {
        long bytes = (long) count * type.size();
        if (bytes > Integer.MAX_VALUE) {
            throw tooLarge(type, Integer.toString(count));
        }
        return new Cells<>(type, count, Block.malloc(Math.max(bytes, 1)));
    }

    /** Memory for one value, holding {@code initial}; given back if the type does not take it. */
    static <T> Cells<T> holding(CType<T> type, Object initial) {
        Cells<T> cells = allocate(type, 1);
        try {
            cells.set(0, initial);
            return cells;
        } catch (RuntimeException e) {
            cells.close();
            throw e;
        }
    }

    static IllegalArgumentException tooLarge(CType<?> type, String count) {
        return new IllegalArgumentException(count + " elements of " + type + " (" + type.size() + " bytes each) take"
                + " more than " + Integer.MAX_VALUE + " bytes, the most that one shared object can have");
    }

    CType<T> type() {
        return type;
    }

    int count() {
        return count;
    }

    boolean isClosed() {
        return memory == null;
    }

    /** The value at the beginning, as {@code c_int(5)}; it is read without a lock, as a text must not wait. */
    String describeFirst() {
        if (isClosed()) {
            return "closed " + type;
        }
        T value = get(0);
        return value instanceof Record ? value.toString() : type + "(" + value + ")";
    }

    SharedHandle handle() {
        memory();
        return block.handle();
    }

    /** A view of all bytes for the user to keep, in native order. */
    ByteBuffer asByteBuffer() {
        memory();
        return block.expose().slice(0, count * type.size()).order(ByteOrder.nativeOrder());
    }

    /** A view of some elements' bytes. */
    ByteBuffer bytes(int index, int length) {
        return memory().slice(index * type.size(), length * type.size());
    }

    @Override
    public void close() {
        memory = null;
        block.close();
    }

    ByteBuffer memory() {
        ByteBuffer open = memory;
        if (open == null) {
            throw new IllegalStateException("shared " + type + " is closed");
        }
        return open;
    }

    T get(int at) {
        return type.javaType().cast(Conversions.load(type, memory(), at));
    }

    void set(int at, Object value) {
        Conversions.store(type, memory(), at, value);
    }

    int getInt(int at) {
        ByteBuffer open = memory();
        if (type.kind() == Kind.INT) {
            return open.getInt(at);
        }
        return exactInt(Memory.getLong(type, open, at));
    }

    void setInt(int at, int value) {
        ByteBuffer open = memory();
        if (type.kind() == Kind.INT) {
            open.putInt(at, value);
        } else {
            Memory.setLong(type, open, at, value);
        }
    }

    long getLong(int at) {
        return Memory.getLong(type, memory(), at);
    }

    void setLong(int at, long value) {
        Memory.setLong(type, memory(), at, value);
    }

    double getDouble(int at) {
        return Memory.getDouble(type, memory(), at);
    }

    void setDouble(int at, double value) {
        Memory.setDouble(type, memory(), at, value);
    }

    // Aligned accesses of up to 8 bytes are single instructions: the fences only have to order them, for every type.

    int getIntVolatile(int at) {
        int value = getInt(at);
        VarHandle.acquireFence();
        return value;
    }

    void setIntVolatile(int at, int value) {
        setLongVolatile(at, value);
    }

    long getLongVolatile(int at) {
        long value = getLong(at);
        VarHandle.acquireFence();
        return value;
    }

    void setLongVolatile(int at, long value) {
        VarHandle.releaseFence();
        setLong(at, value);
        VarHandle.fullFence();
    }

    long getAndAdd(int at, long delta) {
        ByteBuffer open = memory();
        return switch (type.kind()) {
            case Kind.INT -> (int) INTS.getAndAdd(open, at, (int) delta);
            case Kind.UINT -> Integer.toUnsignedLong((int) INTS.getAndAdd(open, at, (int) delta));
            case Kind.LONG, Kind.ULONG -> (long) LONGS.getAndAdd(open, at, delta);
            default -> throw notAtomic("a 4- or 8-byte integer type (i I l L q Q)");
        };
    }

    long addAndGet(int at, long delta) {
        long sum = getAndAdd(at, delta) + delta;
        return switch (type.kind()) {
            case Kind.INT -> (int) sum;
            case Kind.UINT -> sum & UINT_MASK;
            default -> sum;
        };
    }

    long getAndSet(int at, long value) {
        ByteBuffer open = memory();
        return switch (type.kind()) {
            case Kind.INT -> (int) INTS.getAndSet(open, at, (int) value);
            case Kind.UINT -> Integer.toUnsignedLong((int) INTS.getAndSet(open, at, (int) value));
            case Kind.LONG, Kind.ULONG -> (long) LONGS.getAndSet(open, at, value);
            default -> throw notAtomic("a 4- or 8-byte integer type (i I l L q Q)");
        };
    }

    boolean compareAndSet(int at, long expected, long desired) {
        ByteBuffer open = memory();
        return switch (type.kind()) {
            case Kind.INT, Kind.UINT -> INTS.compareAndSet(open, at, (int) expected, (int) desired);
            case Kind.LONG, Kind.ULONG -> LONGS.compareAndSet(open, at, expected, desired);
            case Kind.FLOAT, Kind.DOUBLE -> compareAndSet(at, (double) expected, (double) desired);
            default -> throw notAtomic("a type of 4 or 8 bytes (i I l L q Q f d)");
        };
    }

    boolean compareAndSet(int at, double expected, double desired) {
        ByteBuffer open = memory();
        return switch (type.kind()) {
            case Kind.FLOAT -> FLOATS.compareAndSet(open, at, (float) expected, (float) desired);
            case Kind.DOUBLE -> DOUBLES.compareAndSet(open, at, expected, desired);
            default -> throw notAtomic("a floating-point type (f d)");
        };
    }

    Object getField(int at, String name) {
        Structure.Field field = type.field(name);
        return Conversions.load(field.type(), memory(), at + field.offset());
    }

    void setField(int at, String name, Object value) {
        Structure.Field field = type.field(name);
        Conversions.store(field.type(), memory(), at + field.offset(), value);
    }

    private static int exactInt(long value) {
        if (value != (int) value) {
            throw new ArithmeticException(value + " does not fit in an int");
        }
        return (int) value;
    }

    private IllegalArgumentException notAtomic(String needed) {
        return new IllegalArgumentException(type + " has no such atomic operation: it takes " + needed);
    }

    private static VarHandle view(Class<?> arrayType) {
        return MethodHandles.byteBufferViewVarHandle(arrayType, ByteOrder.nativeOrder());
    }

    /** @throws IllegalStateException if they are closed */
    Reduced reduced() {
        memory();
        return new Reduced(Reduced.Kind.CELLS, type, count, block);
    }

    @Serial
    private Object writeReplace() {
        return reduced();
    }
}
