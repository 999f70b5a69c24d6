package org.multiprocessing4j.connection;

import java.io.ObjectInputFilter;

/** The codecs there are. */
public final class Codecs {

    private Codecs() {}

    /**
     * JDK serialization, with short cuts for texts, numbers and byte arrays: for programs that run the same classes,
     * and trust each other. What {@link Pipe}s use.
     *
     * <p>An {@link ObjectInputFilter} refuses messages that claim more than they can hold: arrays longer than the
     * message, and depths beyond 400. The filter of {@code -Djdk.serialFilter} applies besides. Who can send such
     * messages can make any object that the class path offers: give {@link #java(ObjectInputFilter)} a list of classes
     * where that is too much, or use {@link #pickle()}.
     */
    public static Codec java() {
        return JavaCodec.UNRESTRICTED;
    }

    /**
     * As {@link #java()}, with a filter of the classes that may be received. A connection with it cannot travel to
     * another process by itself, as filters cannot be serialized.
     *
     * @param filter asked after the limits of {@link #java()}, about what {@link java.io.ObjectInputStream} would ask:
     *     what it leaves undecided is allowed, so that a list of classes ends with {@code !*}; texts always are
     */
    public static Codec java(ObjectInputFilter filter) {
        return new JavaCodec(filter);
    }

    /**
     * Python's pickles, of data alone: what {@link Listener} and {@link Client} use, so that the other side may be a
     * Python program that calls {@code send} and {@code recv}.
     *
     * <table>
     * <caption>What becomes what</caption>
     * <tr><th>Java</th><th>Python</th><th>Java, received</th></tr>
     * <tr><td>null, Boolean</td><td>None, bool</td><td>null, Boolean</td></tr>
     * <tr><td>Byte, Short, Integer, Long, BigInteger</td><td>int</td><td>Integer, Long or BigInteger, the first that
     * holds it</td></tr>
     * <tr><td>Float, Double</td><td>float</td><td>Double</td></tr>
     * <tr><td>String, Character</td><td>str</td><td>String</td></tr>
     * <tr><td>byte[]</td><td>bytes</td><td>byte[]; so is bytearray</td></tr>
     * <tr><td>List and other Collections, arrays of primitives</td><td>list</td><td>ArrayList</td></tr>
     * <tr><td>Object[]</td><td>tuple</td><td>Object[]</td></tr>
     * <tr><td>Set</td><td>set</td><td>LinkedHashSet; so is frozenset</td></tr>
     * <tr><td>Map</td><td>dict</td><td>LinkedHashMap</td></tr>
     * <tr><td>LocalDate, LocalTime, LocalDateTime</td><td>date, time, datetime</td><td>the same</td></tr>
     * <tr><td>OffsetDateTime, Instant</td><td>datetime with timezone</td><td>OffsetDateTime</td></tr>
     * <tr><td>Duration</td><td>timedelta</td><td>Duration</td></tr>
     * </table>
     *
     * <p>Classes, functions and anything else that would make Python's unpickler call something are refused on reading,
     * with an {@link java.io.InvalidObjectException} that names them; what is none of the above is refused on writing.
     * Tuples are keys of dicts and elements of sets as {@code List}s, as arrays have no equality. Nanoseconds are cut
     * to Python's microseconds. Pickles are written with protocol 4 and read up to 5.
     */
    public static Codec pickle() {
        return PickleCodec.INSTANCE;
    }
}
