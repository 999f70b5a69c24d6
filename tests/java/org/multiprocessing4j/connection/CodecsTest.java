package org.multiprocessing4j.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.InvalidObjectException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.Lock;

/** How objects become messages. What CPython makes of pickles is in {@link PythonPeersTest}. */
class CodecsTest {

    record Point(int x, List<String> names) implements Serializable {}

    private static Object there(Codec codec, Object object) throws IOException {
        return codec.decode(codec.encode(object));
    }

    // JDK serialization

    static Stream<Object> objects() {
        return Stream.of("", "Grüße \uD83D\uDE00", "\uD83D", 0, -1, Integer.MAX_VALUE, 1L << 40, 2.5, Double.NaN,
                new byte[0], new byte[] {1, 2}, true, 'c', 3.5f, List.of(1, "two"), Map.of("k", 1),
                new Point(1, List.of("a")), new int[] {1, 2}, LocalDate.EPOCH);
    }

    @ParameterizedTest
    @MethodSource("objects")
    void javaObjectsComeBackAsTheyWere(Object object) throws IOException {
        assertThat(there(Codecs.java(), object)).isEqualTo(object);
    }

    @Test
    void nothingComesBackAsNothing() throws IOException {
        assertThat(there(Codecs.java(), null)).isNull();
        assertThat(there(Codecs.pickle(), null)).isNull();
    }

    @Test
    void whatIsNotSerializableIsNamed() {
        assertThatIllegalArgumentException().isThrownBy(() -> Codecs.java().encode(new Object()))
                .withMessage("cannot send: java.lang.Object is not serializable");
        assertThatIllegalStateException().isThrownBy(() -> Codecs.java().encode(new Lock()))
                .withMessageContaining("through inheritance");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "I", "I123", "L1", "D", "x", "O", "Oxyz", "Hello"})
    void whatIsNoObjectIsRefused(String message) {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> Codecs.java().decode(message.getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void aFilterDecidesWhatMayCome() throws IOException {
        Codec codec = Codecs.java(ObjectInputFilter.Config.createFilter(
                "java.util.ImmutableCollections$*;java.util.CollSer;java.lang.Object;!*"));
        assertThat(there(codec, "text")).isEqualTo("text");
        assertThat(there(codec, List.of("a", "b", "c"))).isEqualTo(List.of("a", "b", "c"));
        for (Object refused : List.of(new Point(1, List.of()), 1, List.of("a", 1))) {
            assertThatExceptionOfType(InvalidClassException.class).isThrownBy(() -> there(codec, refused));
        }
    }

    /** What the JDK says of an object that went through its serialization. */
    private static boolean jdkAllows(ObjectInputFilter filter, Object object) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            in.setObjectInputFilter(filter);
            in.readObject();
            return true;
        } catch (InvalidClassException e) {
            return false;
        }
    }

    private static boolean allows(ObjectInputFilter filter, Object object) throws IOException {
        try {
            there(Codecs.java(filter), object);
            return true;
        } catch (InvalidClassException e) {
            return false;
        }
    }

    static List<ObjectInputFilter> filters() {
        List<ObjectInputFilter> filters = new ArrayList<>(List.of(
                info -> ObjectInputFilter.Status.UNDECIDED, info -> ObjectInputFilter.Status.ALLOWED,
                info -> ObjectInputFilter.Status.REJECTED, info -> null, info -> {
                    throw new IllegalStateException("thrown by a filter");
                }));
        for (String pattern : List.of("maxarray=3", "java.lang.Integer", "java.lang.Integer;!*", "!java.lang.Number",
                "java.lang.Integer;java.lang.Number;!*", "java.base/*;!*", "!*", "org.multiprocessing4j.**;!*")) {
            filters.add(ObjectInputFilter.Config.createFilter(pattern));
        }
        return filters;
    }

    @ParameterizedTest
    @MethodSource("filters")
    void filtersAreAskedAsTheJdkAsksThem(ObjectInputFilter filter) throws Exception {
        for (Object object : List.of("text", 1, 2L, 3.5, new byte[3], new byte[4], List.of("a", 1), new int[5],
                new Point(1, List.of()), LocalDate.EPOCH)) {
            assertThat(allows(filter, object)).as("%s", object).isEqualTo(jdkAllows(filter, object));
        }
    }

    @Test
    void aMessageCannotClaimMoreThanItHolds() throws IOException {
        byte[] message = Codecs.java().encode(new int[] {1, 2, 3});
        int length = message.length - 3 * Integer.BYTES - Integer.BYTES;
        ByteBuffer.wrap(message).putInt(length, 1 << 30);
        assertThatExceptionOfType(InvalidClassException.class).isThrownBy(() -> Codecs.java().decode(message));
    }

    @Test
    void depthHasALimit() {
        Object nested = "x";
        for (int i = 0; i < 510; i++) {
            nested = new ArrayList<>(List.of(nested));
        }
        Object deep = nested;
        assertThatExceptionOfType(InvalidClassException.class).isThrownBy(() -> there(Codecs.java(), deep));
        assertThatIllegalArgumentException().isThrownBy(() -> Codecs.pickle().encode(deep))
                .withMessageContaining("deep");
    }

    @Test
    void aConnectionWithAFilterCannotTravel() {
        Codec codec = Codecs.java(info -> ObjectInputFilter.Status.UNDECIDED);
        try (Pipe way = Pipe.open(); Pipe sent = Pipe.open()) {
            sent.first().codec(codec);
            assertThatIllegalArgumentException().isThrownBy(() -> way.first().send(sent.first()))
                    .withMessageContaining("not serializable");
            sent.first().codec(Codecs.pickle());
        }
    }

    // Pickles

    private static String hex(Object object) throws IOException {
        return HexFormat.of().formatHex(Codecs.pickle().encode(object));
    }

    private static Object read(String hex) throws IOException {
        return Codecs.pickle().decode(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    @Test
    void readsWhatPythonWrites() throws IOException {
        assertThat(read("80044b012e")).isEqualTo(1);
        assertThat(read("80044e2e")).isNull();
        assertThat(read("8004882e")).isEqualTo(true);
        assertThat(read("80049506000000000000008c026869942e")).isEqualTo("hi");
        assertThat((byte[]) read("80049506000000000000004302686994 2e")).asString().isEqualTo("hi");
        assertThat(read("80049510000000000000005d94284b2a4e8c0568656c6c6f94652e"))
                .isEqualTo(Arrays.asList(42, null, "hello"));
        assertThat((Object[]) read("8004 4b01 474004000000000000 86 94 2e")).containsExactly(1, 2.5);
        assertThat(read("8004 7d94 8c0161 94 4b01 73 2e")).isEqualTo(Map.of("a", 1));
    }

    @Test
    void writesWhatPythonReads() throws IOException {
        assertThat(hex(1)).isEqualTo("80044b012e");
        assertThat(hex(null)).isEqualTo("80044e2e");
        assertThat(hex("hi")).isEqualTo("80048c0268692e");
        assertThat(hex(256)).isEqualTo("80044d00012e");
        assertThat(hex(-1)).isEqualTo("80044affffffff2e");
        assertThat(hex(1L << 32)).isEqualTo("80048a0500000000012e");
        assertThat(hex(BigInteger.ZERO)).isEqualTo("80048a002e");
    }

    static Stream<Arguments> data() {
        return Stream.of(
                Arguments.of(true, true), Arguments.of((byte) 1, 1), Arguments.of((short) -2, -2),
                Arguments.of(65536, 65536), Arguments.of(Integer.MIN_VALUE, Integer.MIN_VALUE),
                Arguments.of(Long.MAX_VALUE, Long.MAX_VALUE), Arguments.of(5L, 5),
                Arguments.of(BigInteger.ONE.shiftLeft(3000), BigInteger.ONE.shiftLeft(3000)),
                Arguments.of(BigInteger.ONE.shiftLeft(63).negate(), Long.MIN_VALUE),
                Arguments.of(1.5f, 1.5), Arguments.of(Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY),
                Arguments.of('c', "c"), Arguments.of("ü".repeat(200), "ü".repeat(200)),
                Arguments.of(new byte[300], new byte[300]), Arguments.of(List.of(), List.of()),
                Arguments.of(new int[] {1, 2}, List.of(1, 2)), Arguments.of(Set.of(1), Set.of(1)),
                Arguments.of(Map.of("a", List.of(1)), Map.of("a", List.of(1))),
                Arguments.of(new Object[] {1, "b", null, 4}, new Object[] {1, "b", null, 4}),
                Arguments.of(new Object[0], new Object[0]),
                Arguments.of(Set.of(List.of(1, 2)), Set.of(List.of(1, 2))),
                Arguments.of(Map.of(ByteBuffer.wrap(new byte[] {1}), 1), Map.of(ByteBuffer.wrap(new byte[] {1}), 1)),
                Arguments.of(LocalDate.of(2024, 2, 29), LocalDate.of(2024, 2, 29)),
                Arguments.of(LocalTime.of(23, 59, 58, 999_999_999), LocalTime.of(23, 59, 58, 999_999_000)),
                Arguments.of(LocalDateTime.of(1, 1, 1, 0, 0), LocalDateTime.of(1, 1, 1, 0, 0)),
                Arguments.of(OffsetDateTime.of(2024, 2, 29, 1, 2, 3, 4000, ZoneOffset.ofHoursMinutes(-3, -30)),
                        OffsetDateTime.of(2024, 2, 29, 1, 2, 3, 4000, ZoneOffset.ofHoursMinutes(-3, -30))),
                Arguments.of(Instant.EPOCH, Instant.EPOCH.atOffset(ZoneOffset.UTC)),
                Arguments.of(Duration.ofMillis(-1), Duration.ofMillis(-1)));
    }

    @ParameterizedTest
    @MethodSource("data")
    void dataGoesThereAndBack(Object sent, Object received) throws IOException {
        assertThat(there(Codecs.pickle(), sent)).isEqualTo(received);
    }

    @Test
    void whatIsNoDataIsNotWritten() {
        for (Object object : List.of(new Object(), new Point(1, List.of()), Thread.State.NEW, "\uD83D",
                LocalDate.of(10000, 1, 1))) {
            assertThatIllegalArgumentException().isThrownBy(() -> Codecs.pickle().encode(object))
                    .withMessageStartingWith("cannot send");
        }
        List<Object> itself = new ArrayList<>();
        itself.add(itself);
        assertThatIllegalArgumentException().isThrownBy(() -> Codecs.pickle().encode(itself));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "cos\nsystem\n(S'true'\ntR.", "cos\nsystem\n.", "c__builtin__\neval\n(X\4\0\0\0evilltR.",
        "cbuiltins\ngetattr\n.", "(ios\nsystem\n.", "(cos\nsystem\no.", "cdatetime\ndatetime\n.",
        "\u0080\2ccopy_reg\n_reconstructor\n.", "\u0080\4\u008c\2os\u008c\6system\u0093.", "Pid\n.", "NQ.",
        "c_codecs\nencode\n(X\1\0\0\0aX\6\0\0\0rot_13tR.", "cdatetime\ndatetime\n(C\1atR.", "NNR.", "N(R.",
        "cdatetime\ndatetime\n)\u0081.", "N}b.", "\u0080\6N.", "\u0082\1.", "", "N", "NN.", "N.N", ".", "(.", "h\0.",
        "a.",
        "]K\1", "(K\1d.", "X\u00ff\u00ff\u00ff\u007f.", "C\5abc.", "B\u00ff\u00ff\u00ff\u00ff.", "Ix\n.", "L\n.",
        "Fx\n.",
        "}]K\1s.", "(]\u0091.", "K\1(K\2e.", "]K\1(s.", "V\\u12\n.", "V\\UFFFFFFFF\n.", "X\1\0\0\0\u00ff.",
        "cdatetime\ndate\n(C\4\0\0\0\0tR.", "cbuiltins\nset\n(K\1tR.", "\u008d\0\0\0\0\0\0\0\u0080.", "e.", "K."})
    void pickleBombsAndRubbishAreRefused(String message) {
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> Codecs.pickle().decode(ascii(message)));
    }

    @Test
    void refusalsNameTheClass() {
        assertThatExceptionOfType(InvalidObjectException.class)
                .isThrownBy(() -> Codecs.pickle().decode(ascii("cposix\nsystem\n.")))
                .withMessageContaining("posix.system");
    }

    @Test
    void nestedKeysTakeNoTimeWithoutEnd() {
        // Each tuple holds the one before twice: 2 to the power of 60 parts.
        String doubling = "(1" + "K\1" + "2\u0086".repeat(60);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> Codecs.pickle().decode(ascii("}" + doubling + "K\1s.")))
                .withMessageContaining("keys");
    }

    @Test
    void anyRubbishIsRefusedOrData() {
        Random random = new Random(7);
        byte[] good = new byte[0];
        for (int round = 0; round < 20_000; round++) {
            if (round % 100 == 0) {
                good = new PickleWriter().write(Map.of(
                        "list", List.of(1, 2.5, "text"), "date", LocalDate.EPOCH, "set", Set.of(round)));
            }
            byte[] bytes = good.clone();
            for (int i = 0; i < 1 + round % 3; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                Codecs.pickle().decode(bytes);
            } catch (IOException e) {
                assertThat(e.getMessage()).isNotNull();
            }
        }
    }
}
