package org.multiprocessing4j;

import java.nio.ByteBuffer;

/**
 * Reads and writes numbers of each {@link Kind} at a byte offset. Plain memory accesses without allocation; the buffer
 * has the native byte order. Integers are stored modulo the width of their type, as in C.
 */
final class Memory {
    private Memory() {
    }

    /**
     * Reads an integer.
     *
     * @throws ArithmeticException if an unsigned 64-bit value exceeds a long
     * @throws IllegalArgumentException if the type is not an integer type
     */
    static long getLong(CType<?> type, ByteBuffer memory, int at) {
        return switch (type.kind()) {
            case Kind.CHAR, Kind.BYTE -> memory.get(at);
            case Kind.BOOL -> memory.get(at) != 0 ? 1 : 0;
            case Kind.UBYTE -> Byte.toUnsignedLong(memory.get(at));
            case Kind.SHORT -> memory.getShort(at);
            case Kind.USHORT -> Short.toUnsignedLong(memory.getShort(at));
            case Kind.INT -> memory.getInt(at);
            case Kind.UINT -> Integer.toUnsignedLong(memory.getInt(at));
            case Kind.LONG -> memory.getLong(at);
            case Kind.ULONG -> exactLong(memory.getLong(at));
            default -> throw notInteger(type);
        };
    }

    /**
     * Writes an integer, cut to the width of the type.
     *
     * @throws IllegalArgumentException if the type is not an integer type
     */
    static void setLong(CType<?> type, ByteBuffer memory, int at, long value) {
        switch (type.kind()) {
            case Kind.CHAR, Kind.BYTE, Kind.UBYTE -> memory.put(at, (byte) value);
            case Kind.BOOL -> memory.put(at, (byte) (value != 0 ? 1 : 0));
            case Kind.SHORT, Kind.USHORT -> memory.putShort(at, (short) value);
            case Kind.INT, Kind.UINT -> memory.putInt(at, (int) value);
            case Kind.LONG, Kind.ULONG -> memory.putLong(at, value);
            default -> throw notInteger(type);
        }
    }

    /**
     * Reads any number as the nearest double.
     *
     * @throws IllegalArgumentException if the type is not numeric
     */
    static double getDouble(CType<?> type, ByteBuffer memory, int at) {
        return switch (type.kind()) {
            case Kind.DOUBLE -> memory.getDouble(at);
            case Kind.FLOAT -> memory.getFloat(at);
            case Kind.ULONG -> unsignedToDouble(memory.getLong(at));
            case Kind.WCHAR, Kind.STRUCT -> throw new IllegalArgumentException(type + " is not a numeric type");
            default -> getLong(type, memory, at);
        };
    }

    /**
     * Writes a floating-point number, rounded to the precision of the type.
     *
     * @throws IllegalArgumentException if the type is not a floating-point type
     */
    static void setDouble(CType<?> type, ByteBuffer memory, int at, double value) {
        switch (type.kind()) {
            case Kind.DOUBLE -> memory.putDouble(at, value);
            case Kind.FLOAT -> memory.putFloat(at, (float) value);
            default -> throw new IllegalArgumentException(type + " is not a floating-point type (f or d)");
        }
    }

    private static long exactLong(long unsigned) {
        if (unsigned < 0) {
            throw new ArithmeticException(Long.toUnsignedString(unsigned) + " does not fit in a long");
        }
        return unsigned;
    }

    /** Halves what exceeds a long; the lowest bit is kept as a sticky one, so that the result is rounded once. */
    private static double unsignedToDouble(long unsigned) {
        return unsigned >= 0 ? unsigned : ((unsigned >>> 1) | (unsigned & 1)) * 2.0;
    }

    private static IllegalArgumentException notInteger(CType<?> type) {
        return new IllegalArgumentException(type + " is not an integer type");
    }
}
