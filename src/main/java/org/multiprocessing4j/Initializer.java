package org.multiprocessing4j;

import java.lang.reflect.Array;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** What the {@code size_or_initializer} argument of Array and RawArray means, and how an array shows itself. */
final class Initializer {
    private static final int SHOWN = 16;

    private Initializer() {
    }

    /**
     * Memory for an array; given back if the type does not take the values.
     *
     * @param sizeOrInitializer an integer for so many zeroed elements; an Iterable or Java array of values; a String
     *        for the typecode u
     */
    static <T> Cells<T> allocate(CType<T> type, Object sizeOrInitializer) {
        if (sizeOrInitializer instanceof Number number) {
            return Cells.allocate(type, size(type, number));
        }
        Object values = arrayOf(type, sizeOrInitializer);
        Cells<T> cells = Cells.allocate(type, Array.getLength(values));
        try {
            fill(cells, values);
            return cells;
        } catch (RuntimeException e) {
            cells.close();
            throw e;
        }
    }

    /** As {@code c_int_Array_3[1, 2, 3]}, cut where it would be long. */
    static String describe(Cells<?> cells) {
        if (cells.isClosed()) {
            return "closed " + cells.type() + "_Array_" + cells.count();
        }
        int shown = Math.min(cells.count(), SHOWN);
        List<Object> elements = new ArrayList<>(shown + 1);
        for (int i = 0; i < shown; i++) {
            elements.add(cells.get(i * cells.type().size()));
        }
        if (shown < cells.count()) {
            elements.add("... (" + (cells.count() - shown) + " more)");
        }
        return cells.type() + "_Array_" + cells.count() + elements;
    }

    private static int size(CType<?> type, Number number) {
        if (!(number instanceof Integer || number instanceof Long || number instanceof Short || number instanceof Byte
                || number instanceof BigInteger)) {
            throw new IllegalArgumentException("Array length must be an integer, not " + number);
        }
        BigInteger size = new BigInteger(number.toString());
        if (size.signum() < 0) {
            throw new IllegalArgumentException("Array length must be >= 0, not " + size);
        }
        if (size.bitLength() >= Integer.SIZE) {
            throw Cells.tooLarge(type, size.toString());
        }
        return size.intValue();
    }

    private static Object arrayOf(CType<?> type, Object initializer) {
        if (initializer instanceof Iterable<?> values) {
            List<Object> elements = new ArrayList<>();
            values.forEach(elements::add);
            return elements.toArray();
        }
        if (initializer instanceof String text && type == CType.WCHAR) {
            return text.codePoints().mapToObj(Character::toString).toArray();
        }
        if (initializer != null && initializer.getClass().isArray()) {
            return initializer;
        }
        throw new IllegalArgumentException("Array of " + type + ": a size, an Iterable or an array expected, not "
                + (initializer == null ? "null" : initializer.getClass().getName()));
    }

    private static void fill(Cells<?> cells, Object values) {
        int length = Array.getLength(values);
        if (ArrayCopy.matches(cells.type(), values)) {
            ArrayCopy.write(cells.memory(), values, 0, length);
            return;
        }
        for (int i = 0; i < length; i++) {
            cells.set(i * cells.type().size(), Array.get(values, i));
        }
    }
}
