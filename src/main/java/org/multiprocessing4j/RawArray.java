package org.multiprocessing4j;

import java.io.Serial;

/**
 * A sequence of fixed length in shared memory, without a lock. Mirrors {@code multiprocessing.RawArray}.
 *
 * <p>Reads and writes of elements are plain memory accesses: those of numbers are never torn, but neither ordered nor
 * atomic together. Use the volatile and atomic operations, or {@link Array}.
 *
 * @param <T> the Java class of the elements
 */
public final class RawArray<T> extends SharedArray<T> {
    @Serial
    private static final long serialVersionUID = 1L;

    RawArray(Cells<T> cells) {
        super(new Guarded<>(cells, null));
    }

    /**
     * An array: Python's {@code RawArray('i', 10)} and {@code RawArray('i', [1, 2, 3])}.
     *
     * @param sizeOrInitializer an integer for so many zeroed elements; or the elements, as an Iterable or a Java array;
     *        for the typecode u also a String
     * @throws IllegalArgumentException if there is no such typecode, see {@link CType}; "Array length must be >= 0"; if
     *         the elements take 2 GiB or more; if the type does not take a value
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static RawArray<Object> of(char typecode, Object sizeOrInitializer) {
        return of(CType.untyped(typecode), sizeOrInitializer);
    }

    /** As {@link #of(char, Object)}, for a type. */
    public static <T> RawArray<T> of(CType<T> type, Object sizeOrInitializer) {
        return new RawArray<>(Initializer.allocate(type, sizeOrInitializer));
    }

    /**
     * An array of structures: as {@link #of(char, Object)}.
     *
     * @throws IllegalArgumentException also if the record is no C structure, see {@link CType#structure(Class)}
     */
    public static <R extends Record> RawArray<R> of(Class<R> record, Object sizeOrInitializer) {
        return of(CType.structure(record), sizeOrInitializer);
    }

    /** As {@code c_int_Array_3[1, 2, 3]}, cut where it would be long. */
    @Override
    public String toString() {
        return Initializer.describe(guarded().cells());
    }

    @Override
    Reduced reduced() {
        return new Reduced(Reduced.Kind.RAW_ARRAY, guarded().cells());
    }
}
