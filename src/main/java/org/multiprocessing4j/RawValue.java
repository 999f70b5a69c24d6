package org.multiprocessing4j;

import java.io.Serial;

/**
 * One value in shared memory, without a lock. Mirrors {@code multiprocessing.RawValue}.
 *
 * <p>Reads and writes are plain memory accesses: those of numbers are never torn, but neither ordered nor atomic
 * together, and those of a record may see half of another process's write. Use the volatile and atomic operations, or
 * {@link Value}.
 *
 * @param <T> the Java class of the value
 */
public final class RawValue<T> extends SharedValue<T> {
    @Serial
    private static final long serialVersionUID = 1L;

    RawValue(Cells<T> cells) {
        super(new Guarded<>(cells, null));
    }

    /**
     * A value with all bytes zero.
     *
     * @throws IllegalArgumentException if there is no such typecode, see {@link CType}
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static RawValue<Object> of(char typecode) {
        return of(CType.untyped(typecode));
    }

    /**
     * A value: Python's {@code RawValue('i', 5)}.
     *
     * @throws IllegalArgumentException if there is no such typecode, or it does not take such a value
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static RawValue<Object> of(char typecode, Object initial) {
        return of(CType.untyped(typecode), initial);
    }

    /**
     * A value with all bytes zero.
     *
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <T> RawValue<T> of(CType<T> type) {
        return new RawValue<>(Cells.allocate(type, 1));
    }

    /**
     * A value of a type.
     *
     * @throws IllegalArgumentException if the type does not take such a value
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <T> RawValue<T> of(CType<T> type, T initial) {
        return new RawValue<>(Cells.holding(type, initial));
    }

    /**
     * A structure with all bytes zero. Mirrors {@code RawValue(Point)}.
     *
     * @throws IllegalArgumentException if the record is no C structure, see {@link CType#structure(Class)}
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <R extends Record> RawValue<R> of(Class<R> record) {
        return of(CType.structure(record));
    }

    /**
     * A structure. Mirrors {@code RawValue(Point, 1, 2)}.
     *
     * @throws IllegalArgumentException if the record is no C structure, see {@link CType#structure(Class)}
     * @throws org.multiprocessing4j.posix.OSException if there is no memory left
     */
    public static <R extends Record> RawValue<R> of(Class<R> record, R initial) {
        return of(CType.structure(record), initial);
    }

    /** As {@code c_int(5)}; of a structure, the record's text. */
    @Override
    public String toString() {
        return guarded().cells().describeFirst();
    }

    @Override
    Reduced reduced() {
        return new Reduced(Reduced.Kind.RAW_VALUE, guarded().cells());
    }
}
