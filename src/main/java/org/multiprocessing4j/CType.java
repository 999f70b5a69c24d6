package org.multiprocessing4j;

import java.io.Serial;
import java.io.Serializable;
import java.math.BigInteger;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A C type that shared memory can hold, and its Java counterpart. Mirrors the typecodes of
 * {@code multiprocessing.sharedctypes} and the classes of {@code ctypes} that they stand for; a Java record stands for
 * a {@code ctypes.Structure}. Sizes are those of 64-bit Linux, so that programs in C, C++ and Python read the same
 * memory.
 *
 * <table>
 * <caption>Typecodes</caption>
 * <tr><th>typecode</th><th>constant</th><th>C</th><th>bytes</th><th>Java</th></tr>
 * <tr><td>c</td><td>{@link #CHAR}</td><td>char</td><td>1</td><td>Byte</td></tr>
 * <tr><td>u</td><td>{@link #WCHAR}</td><td>wchar_t</td><td>4</td><td>String of one code point</td></tr>
 * <tr><td>b, B</td><td>{@link #BYTE}, {@link #UBYTE}</td><td>signed, unsigned char</td><td>1</td>
 *     <td>Byte, Short</td></tr>
 * <tr><td>h, H</td><td>{@link #SHORT}, {@link #USHORT}</td><td>(unsigned) short</td><td>2</td>
 *     <td>Short, Integer</td></tr>
 * <tr><td>i, I</td><td>{@link #INT}, {@link #UINT}</td><td>(unsigned) int</td><td>4</td><td>Integer, Long</td></tr>
 * <tr><td>l, L</td><td>{@link #LONG}, {@link #ULONG}</td><td>(unsigned) long</td><td>8</td>
 *     <td>Long, BigInteger</td></tr>
 * <tr><td>q, Q</td><td>{@link #LONGLONG}, {@link #ULONGLONG}</td><td>(unsigned) long long</td><td>8</td>
 *     <td>Long, BigInteger</td></tr>
 * <tr><td>f, d</td><td>{@link #FLOAT}, {@link #DOUBLE}</td><td>float, double</td><td>4, 8</td>
 *     <td>Float, Double</td></tr>
 * </table>
 *
 * <p>Storing an integer that does not fit wraps silently, as in C: 2<sup>31</sup> in an {@link #INT} reads
 * -2147483648, 300 in a {@link #UBYTE} reads 44. Integer types take every integer class and, as 0 and 1, Boolean;
 * floating-point types take every Number. Storing a floating-point number in an integer type is an
 * {@link IllegalArgumentException}.
 *
 * <p>Immutable and safe for use by several threads. Serializable at any time; a type has one instance per process.
 *
 * @param <T> the Java class of its values
 */
public final class CType<T> implements Serializable {
    /** {@code char}, typecode 'c': a byte. Arrays of it have the accessors of a C string. */
    public static final CType<Byte> CHAR = new CType<>('c', "char", "c_char", Kind.CHAR, 1, Byte.class);
    /** {@code wchar_t}, typecode 'u': one code point. */
    public static final CType<String> WCHAR = new CType<>('u', "wchar_t", "c_wchar", Kind.WCHAR, 4, String.class);
    /** {@code signed char}, typecode 'b'. */
    public static final CType<Byte> BYTE = new CType<>('b', "signed char", "c_byte", Kind.BYTE, 1, Byte.class);
    /** {@code unsigned char}, typecode 'B'. */
    public static final CType<Short> UBYTE = new CType<>('B', "unsigned char", "c_ubyte", Kind.UBYTE, 1, Short.class);
    /** {@code short}, typecode 'h'. */
    public static final CType<Short> SHORT = new CType<>('h', "short", "c_short", Kind.SHORT, 2, Short.class);
    /** {@code unsigned short}, typecode 'H'. */
    public static final CType<Integer> USHORT =
            new CType<>('H', "unsigned short", "c_ushort", Kind.USHORT, 2, Integer.class);
    /** {@code int}, typecode 'i'. */
    public static final CType<Integer> INT = new CType<>('i', "int", "c_int", Kind.INT, 4, Integer.class);
    /** {@code unsigned int}, typecode 'I'. */
    public static final CType<Long> UINT = new CType<>('I', "unsigned int", "c_uint", Kind.UINT, 4, Long.class);
    /** {@code long}, typecode 'l'. */
    public static final CType<Long> LONG = new CType<>('l', "long", "c_long", Kind.LONG, 8, Long.class);
    /** {@code unsigned long}, typecode 'L'. */
    public static final CType<BigInteger> ULONG =
            new CType<>('L', "unsigned long", "c_ulong", Kind.ULONG, 8, BigInteger.class);
    /** {@code long long}, typecode 'q'. */
    public static final CType<Long> LONGLONG = new CType<>('q', "long long", "c_longlong", Kind.LONG, 8, Long.class);
    /** {@code unsigned long long}, typecode 'Q'. */
    public static final CType<BigInteger> ULONGLONG =
            new CType<>('Q', "unsigned long long", "c_ulonglong", Kind.ULONG, 8, BigInteger.class);
    /** {@code float}, typecode 'f'. */
    public static final CType<Float> FLOAT = new CType<>('f', "float", "c_float", Kind.FLOAT, 4, Float.class);
    /** {@code double}, typecode 'd'. */
    public static final CType<Double> DOUBLE = new CType<>('d', "double", "c_double", Kind.DOUBLE, 8, Double.class);
    /** {@code bool}, one byte: {@code ctypes.c_bool}, which has no typecode in multiprocessing. */
    public static final CType<Boolean> BOOL = new CType<>('?', "bool", "c_bool", Kind.BOOL, 1, Boolean.class);

    @Serial
    private static final long serialVersionUID = 1L;

    private static final Map<Character, CType<?>> BY_TYPECODE = Stream.of(CHAR, WCHAR, BYTE, UBYTE, SHORT, USHORT, INT,
            UINT, LONG, ULONG, LONGLONG, ULONGLONG, FLOAT, DOUBLE).collect(Collectors.toMap(
                    CType::typecode, type -> type, (first, second) -> first, LinkedHashMap::new));

    private static final ClassValue<CType<?>> STRUCTURES = new ClassValue<>() {
        @Override
        protected CType<?> computeValue(Class<?> type) {
            return new CType<>(type.asSubclass(Record.class));
        }
    };

    private final transient char typecode;
    private final transient Class<T> javaType;
    private final transient String cName;
    private final transient String name;
    private final transient int kind;
    private final transient int size;
    private final transient Structure structure;

    private CType(char typecode, String cName, String name, int kind, int size, Class<T> javaType) {
        this.typecode = typecode;
        this.javaType = javaType;
        this.cName = cName;
        this.name = name;
        this.kind = kind;
        this.size = size;
        this.structure = null;
    }

    private CType(Class<T> record) {
        this.typecode = '\0';
        this.javaType = record;
        this.cName = "struct " + record.getSimpleName();
        this.name = record.getSimpleName();
        this.kind = Kind.STRUCT;
        this.structure = new Structure(record.asSubclass(Record.class));
        this.size = structure.size();
    }

    /**
     * The type of a typecode of Python's {@code multiprocessing}.
     *
     * @throws IllegalArgumentException for any other character
     */
    public static CType<?> of(char typecode) {
        CType<?> type = BY_TYPECODE.get(typecode);
        if (type == null) {
            throw new IllegalArgumentException("bad typecode '" + typecode + "' (must be one of "
                    + BY_TYPECODE.keySet().stream().map(String::valueOf).collect(Collectors.joining(" ")) + ")");
        }
        return type;
    }

    /**
     * The C structure with the members of a record, in their order, aligned and padded as a C compiler does. Members
     * may be of the types byte, short, int, long, float, double and boolean, and records of such. Mirrors a class
     * derived from {@code ctypes.Structure}.
     *
     * <p>The record must be public in a package that its module exports, or its package be open to this module, which
     * every package on the class path is.
     *
     * @throws IllegalArgumentException if a component has another type, naming the record and the component; if there
     *         are none; if the record is not accessible
     */
    @SuppressWarnings("unchecked")
    public static <R extends Record> CType<R> structure(Class<R> record) {
        return (CType<R>) STRUCTURES.get(record);
    }

    /** The type of a typecode, for values whose Java class the compiler does not know. */
    @SuppressWarnings("unchecked")
    static CType<Object> untyped(char typecode) {
        return (CType<Object>) of(typecode);
    }

    /** The typecode; '?' for {@link #BOOL}, as in Python's {@code struct}, and NUL for structures. */
    public char typecode() {
        return typecode;
    }

    /** The type's name in C, as {@code unsigned int} or {@code struct Point}. */
    public String cName() {
        return cName;
    }

    /** The size of an element in bytes, {@code sizeof} in C. */
    public int size() {
        return size;
    }

    /** The alignment of an element in bytes, {@code alignof} in C. */
    public int alignment() {
        return structure == null ? size : structure.alignment();
    }

    /** The Java class of its values. */
    public Class<T> javaType() {
        return javaType;
    }

    /** The names of a structure's members, in their order; empty for other types. */
    public Collection<String> fieldNames() {
        return structure == null ? List.of() : structure.fieldNames();
    }

    /**
     * Where a member of a structure begins, in bytes; {@code offsetof} in C.
     *
     * @param field the member's name; {@code "outer.inner"} for a member of a member
     * @throws IllegalArgumentException if there is no such member
     */
    public int offsetOf(String field) {
        return field(field).offset();
    }

    /** The name of the type in Python's {@code ctypes}, as {@code c_int}; for structures, the record's name. */
    @Override
    public String toString() {
        return name;
    }

    int kind() {
        return kind;
    }

    Structure structure() {
        return structure;
    }

    Structure.Field field(String field) {
        if (structure == null) {
            throw new IllegalArgumentException(name + " has no field '" + field + "': it is not a structure");
        }
        return structure.field(field);
    }

    /** As the typecode or the record's class: each process has its own instances. */
    Reduced reduced() {
        return new Reduced(Reduced.Kind.CTYPE, structure == null ? (Object) typecode : javaType);
    }

    /** The type of a typecode, or of a record's class. */
    static CType<?> ofReduced(Object reduced) {
        if (reduced instanceof Class<?> record) {
            return structure(record.asSubclass(Record.class));
        }
        char typecode = (char) reduced;
        return typecode == BOOL.typecode ? BOOL : of(typecode);
    }

    @Serial
    private Object writeReplace() {
        return reduced();
    }
}
