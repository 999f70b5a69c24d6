package org.multiprocessing4j;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What Java objects a C type takes, and what it makes of them. */
final class Conversions {
    private static final long UNSIGNED_BYTE_MAX = 255;

    private Conversions() {
    }

    /** Reads an element as an instance of the type's {@link CType#javaType()}. */
    static Object load(CType<?> type, ByteBuffer memory, int at) {
        return switch (type.kind()) {
            case Kind.CHAR, Kind.BYTE -> memory.get(at);
            case Kind.BOOL -> memory.get(at) != 0;
            case Kind.UBYTE, Kind.SHORT -> (short) Memory.getLong(type, memory, at);
            case Kind.USHORT, Kind.INT -> (int) Memory.getLong(type, memory, at);
            case Kind.UINT, Kind.LONG -> Memory.getLong(type, memory, at);
            case Kind.ULONG -> unsigned(memory.getLong(at));
            case Kind.FLOAT -> memory.getFloat(at);
            case Kind.DOUBLE -> memory.getDouble(at);
            case Kind.WCHAR -> character(memory.getInt(at));
            default -> type.structure().load(memory, at);
        };
    }

    /**
     * Writes an element.
     *
     * @throws IllegalArgumentException if the type does not take such a value
     */
    static void store(CType<?> type, ByteBuffer memory, int at, Object value) {
        switch (type.kind()) {
            case Kind.CHAR -> memory.put(at, byteOf(value));
            case Kind.FLOAT, Kind.DOUBLE -> Memory.setDouble(type, memory, at, doubleOf(type, value));
            case Kind.WCHAR -> memory.putInt(at, codePointOf(value));
            case Kind.STRUCT -> type.structure().store(memory, at, value);
            default -> Memory.setLong(type, memory, at, longOf(type, value));
        }
    }

    /** Elements one after another, in native byte order. */
    static ByteBuffer encode(CType<?> type, Object[] elements) {
        ByteBuffer encoded = ByteBuffer.allocate(elements.length * type.size()).order(ByteOrder.nativeOrder());
        for (int i = 0; i < elements.length; i++) {
            store(type, encoded, i * type.size(), elements[i]);
        }
        return encoded;
    }

    /**
     * The string of one code point.
     *
     * @throws IllegalArgumentException if memory holds what is no code point, with CPython's text
     */
    static String character(int codePoint) {
        if (!Character.isValidCodePoint(codePoint)) {
            throw new IllegalArgumentException(
                    String.format("character U+%x is not in range [U+0000; U+10ffff]", codePoint));
        }
        return Character.toString(codePoint);
    }

    private static BigInteger unsigned(long bits) {
        BigInteger low = BigInteger.valueOf(bits & Long.MAX_VALUE);
        return bits < 0 ? low.setBit(Long.SIZE - 1) : low;
    }

    private static long longOf(CType<?> type, Object value) {
        if (value instanceof Boolean truth) {
            return truth ? 1 : 0;
        }
        if (isInteger(value)) {
            return ((Number) value).longValue();
        }
        throw new IllegalArgumentException(describe(value) + " cannot be interpreted as an integer for " + type);
    }

    private static double doubleOf(CType<?> type, Object value) {
        if (value instanceof Boolean truth) {
            return truth ? 1 : 0;
        }
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        throw new IllegalArgumentException(type + ": must be real number, not " + describe(value));
    }

    private static byte byteOf(Object value) {
        if (value instanceof byte[] bytes && bytes.length == 1) {
            return bytes[0];
        }
        if (value instanceof Character ascii && ascii <= Byte.MAX_VALUE) {
            return (byte) ascii.charValue();
        }
        if (isInteger(value) && !(value instanceof BigInteger)) {
            long number = ((Number) value).longValue();
            if (number >= Byte.MIN_VALUE && number <= UNSIGNED_BYTE_MAX) {
                return (byte) number;
            }
        }
        throw new IllegalArgumentException("c_char: a byte, a byte[] of length 1, an ASCII character or an integer"
                + " of 8 bits expected, not " + describe(value));
    }

    private static int codePointOf(Object value) {
        if (value instanceof Character character) {
            return character;
        }
        if (value instanceof String text && !text.isEmpty() && text.codePointCount(0, text.length()) == 1) {
            return text.codePointAt(0);
        }
        throw new IllegalArgumentException("c_wchar: one character unicode string expected, not " + describe(value));
    }

    private static boolean isInteger(Object value) {
        return value instanceof Integer || value instanceof Long || value instanceof Short || value instanceof Byte
                || value instanceof BigInteger;
    }

    private static String describe(Object value) {
        return value == null ? "null" : value + " (" + value.getClass().getName() + ")";
    }
}
