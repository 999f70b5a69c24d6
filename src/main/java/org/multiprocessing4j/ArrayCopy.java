package org.multiprocessing4j;

import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Objects;

/** Copies between shared memory and Java's primitive arrays, as fast as the machine copies memory. */
final class ArrayCopy {
    private static final Map<Class<?>, String> TYPECODES = Map.of(byte[].class, "b B c", short[].class, "h H",
            int[].class, "i I", long[].class, "l L q Q", float[].class, "f", double[].class, "d");

    private ArrayCopy() {
    }

    /** Whether {@code array} is a primitive array whose elements have the bits of the type's. */
    static boolean matches(CType<?> type, Object array) {
        return switch (type.kind()) {
            case Kind.CHAR, Kind.BYTE, Kind.UBYTE -> array instanceof byte[];
            case Kind.SHORT, Kind.USHORT -> array instanceof short[];
            case Kind.INT, Kind.UINT -> array instanceof int[];
            case Kind.LONG, Kind.ULONG -> array instanceof long[];
            case Kind.FLOAT -> array instanceof float[];
            case Kind.DOUBLE -> array instanceof double[];
            default -> false;
        };
    }

    /** The length of an array; 0 of what is none, which {@link #check} then rejects. */
    static int lengthOf(Object array) {
        return array.getClass().isArray() ? Array.getLength(array) : 0;
    }

    /**
     * Checks a copy before it begins, so that it is done as a whole or not at all.
     *
     * @throws IllegalArgumentException if the array's elements are not the type's
     * @throws IndexOutOfBoundsException if a range does not lie inside the shared or the Java array
     */
    static void check(Cells<?> cells, int index, Object array, int offset, int length) {
        if (!matches(cells.type(), array)) {
            throw mismatch(cells.type(), array);
        }
        Objects.checkFromIndexSize(index, length, cells.count());
        Objects.checkFromIndexSize(offset, length, Array.getLength(array));
    }

    /** Copies out of shared memory. @param source its elements' bytes, the first to be copied at 0 */
    static void read(ByteBuffer source, Object array, int offset, int length) {
        ByteBuffer bytes = source.order(ByteOrder.nativeOrder());
        if (array instanceof byte[] target) {
            bytes.get(0, target, offset, length);
        } else if (array instanceof short[] target) {
            bytes.asShortBuffer().get(0, target, offset, length);
        } else if (array instanceof int[] target) {
            bytes.asIntBuffer().get(0, target, offset, length);
        } else if (array instanceof long[] target) {
            bytes.asLongBuffer().get(0, target, offset, length);
        } else if (array instanceof float[] target) {
            bytes.asFloatBuffer().get(0, target, offset, length);
        } else {
            bytes.asDoubleBuffer().get(0, (double[]) array, offset, length);
        }
    }

    /** Copies into shared memory. @param target its elements' bytes, the first to be replaced at 0 */
    static void write(ByteBuffer target, Object array, int offset, int length) {
        ByteBuffer bytes = target.order(ByteOrder.nativeOrder());
        if (array instanceof byte[] source) {
            bytes.put(0, source, offset, length);
        } else if (array instanceof short[] source) {
            bytes.asShortBuffer().put(0, source, offset, length);
        } else if (array instanceof int[] source) {
            bytes.asIntBuffer().put(0, source, offset, length);
        } else if (array instanceof long[] source) {
            bytes.asLongBuffer().put(0, source, offset, length);
        } else if (array instanceof float[] source) {
            bytes.asFloatBuffer().put(0, source, offset, length);
        } else {
            bytes.asDoubleBuffer().put(0, (double[]) array, offset, length);
        }
    }

    private static IllegalArgumentException mismatch(CType<?> type, Object array) {
        String codes = TYPECODES.get(array.getClass());
        return new IllegalArgumentException("an array of " + type + " cannot be copied to or from "
                + array.getClass().getSimpleName()
                + (codes == null ? ", which is no array of numbers" : ", which goes with the typecodes " + codes));
    }
}
