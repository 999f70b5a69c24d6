package org.multiprocessing4j.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.multiprocessing4j.cli.bench.CPython;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Gate;

/** Connections to and from real Pythons: one of each version from 3.8 on that the machine has. */
class PythonPeersTest {

    private static final byte[] KEY = "secret".getBytes(StandardCharsets.US_ASCII);

    private static final String PRELUDE =
            "import sys\nfrom multiprocessing.connection import Client, Listener, AuthenticationError\n";

    private static final Map<String, Path> PYTHONS = pythons();

    /** By version; the shims that stand for a version that is not chosen fail, and do not count. */
    private static Map<String, Path> pythons() {
        Map<String, Path> found = new TreeMap<>();
        try {
            for (Path candidate : CPython.candidates(System.getenv())) {
                java.lang.Process python = new ProcessBuilder(
                        candidate.toString(), "-c", "import sys, _hashlib; print('%d.%02d' % sys.version_info[:2])")
                        .redirectError(ProcessBuilder.Redirect.DISCARD).start();
                try (BufferedReader output = python.inputReader()) {
                    String version = output.readLine();
                    if (python.waitFor() == 0 && version.compareTo("3.08") >= 0) {
                        found.putIfAbsent(version, candidate);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        assertThat(found).as("Pythons on this machine").isNotEmpty();
        return found;
    }

    static Stream<String> versions() {
        return PYTHONS.keySet().stream();
    }

    /** A Python program that is ended with the test. */
    private static final class Python implements AutoCloseable {
        private final java.lang.Process process;
        private final BufferedReader output;

        Python(String version, String program, String... arguments) throws IOException {
            List<String> command = new ArrayList<>(List.of(PYTHONS.get(version).toString(), "-c", PRELUDE + program));
            command.addAll(List.of(arguments));
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            output = process.inputReader();
        }

        String line() throws IOException {
            return output.readLine();
        }

        void finish() throws IOException, InterruptedException {
            StringBuilder rest = new StringBuilder();
            output.lines().forEach(line -> rest.append(line).append('\n'));
            assertThat(process.waitFor(Gate.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
            assertThat(rest.toString()).isEmpty();
            assertThat(process.exitValue()).isZero();
        }

        @Override
        public void close() throws IOException {
            process.destroyForcibly().onExit().join();
            output.close();
        }
    }

    private static String[] where(Listener listener) {
        if (listener.address() instanceof Address.Inet inet) {
            return new String[] {inet.host(), String.valueOf(inet.port())};
        }
        return new String[] {((Address.Unix) listener.address()).path()};
    }

    private static final String CLIENT =
            "where = sys.argv[1] if len(sys.argv) == 2 else (sys.argv[1], int(sys.argv[2]))\n";

    @ParameterizedTest
    @MethodSource("versions")
    void descriptorsGoBothWays(String version) throws Exception {
        String program = CLIENT + """
                import os
                from multiprocessing import reduction
                with Client(where, authkey=b'secret') as c:
                    fd = reduction.recv_handle(c)
                    os.write(fd, b'written by Python')
                    os.close(fd)
                    r, w = os.pipe()
                    reduction.send_handle(c, r, None)
                    os.write(w, b'read by Java')
                    os.close(w)
                    assert c.recv_bytes() == b'end'
                """;
        org.multiprocessing4j.posix.Pipe pipe = Posix.pipe();
        try (Listener listener = new Listener(Address.of("/tmp/mp4j-" + System.nanoTime()), KEY);
                Python python = new Python(version, program, where(listener));
                Connection connection = listener.accept(Gate.PATIENCE)) {
            Reduction.sendHandle(connection, pipe.writer());
            Posix.close(pipe.writer());
            assertThat(readAll(pipe.reader())).isEqualTo("written by Python");
            assertThat(readAll(Reduction.recvHandle(connection))).isEqualTo("read by Java");
            connection.sendBytes("end".getBytes());
            python.finish();
        }
    }

    /** Until its end, and closes it. */
    private static String readAll(int fd) {
        byte[] buffer = new byte[100];
        int size = 0;
        for (int read; (read = Posix.read(fd, buffer)) > 0;) {
            size = read;
        }
        Posix.close(fd);
        return new String(buffer, 0, size, StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aPythonClientAndAJavaListener(String version) throws Exception {
        String program = CLIENT + """
                with Client(where, authkey=b'secret') as c:
                    c.send({'numbers': [1, 2.5, -3, 10**30], 'text': 'Gr\\u00fc\\u00dfe', 'nothing': None})
                    assert c.recv() == (True, 'x' * 300, b'bytes', {1, 2}), 'recv'
                    c.send_bytes(b'raw')
                    assert c.recv_bytes() == b'back'
                """;
        for (Address address : List.of(Address.of("localhost", 0), Address.of("/tmp/mp4j-" + System.nanoTime()))) {
            try (Listener listener = new Listener(address, KEY);
                    Python python = new Python(version, program, where(listener));
                    Connection connection = listener.accept(Gate.PATIENCE)) {
                Map<?, ?> received = connection.recv(Map.class);
                assertThat(received).isEqualTo(mapOf(
                        "numbers", List.of(1, 2.5, -3, new java.math.BigInteger("1" + "0".repeat(30))),
                        "text", "Grüße", "nothing", null));
                connection.send(new Object[] {true, "x".repeat(300), "bytes".getBytes(), Set.of(1, 2)});
                assertThat(connection.recvBytes()).asString().isEqualTo("raw");
                connection.sendBytes("back".getBytes());
                python.finish();
            }
        }
    }

    private static Map<Object, Object> mapOf(Object... items) {
        Map<Object, Object> map = new HashMap<>();
        for (int i = 0; i < items.length; i += 2) {
            map.put(items[i], items[i + 1]);
        }
        return map;
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aJavaClientAndAPythonListener(String version) throws Exception {
        String program = """
                with Listener(('localhost', 0), authkey=b'secret') as listener:
                    print(listener.address[1], flush=True)
                    with listener.accept() as c:
                        while True:
                            try:
                                c.send(c.recv())
                            except EOFError:
                                break
                """;
        try (Python python = new Python(version, program)) {
            int port = Integer.parseInt(python.line());
            try (Connection connection = Client.connect(Address.of("localhost", port), KEY)) {
                for (Object object : List.of(1, -1, 1L << 50, 2.5, true, "text", "ü".repeat(300),
                        List.of(1, List.of(2)),
                        Map.of("k", 1), Set.of(1, 2), LocalDate.of(2024, 2, 29), LocalTime.of(1, 2, 3, 4000),
                        LocalDateTime.of(2024, 2, 29, 23, 59, 59), Duration.ofSeconds(-5, 1000),
                        OffsetDateTime.of(2024, 2, 29, 1, 2, 3, 0, ZoneOffset.ofHours(2)),
                        Map.of(List.of(1, 2), "tuple key"))) {
                    connection.send(object);
                    assertThat(connection.recv()).isEqualTo(object);
                }
                connection.send(null);
                assertThat(connection.recv()).isNull();
                connection.send(new Object[] {1, "b"});
                assertThat((Object[]) connection.recv()).containsExactly(1, "b");
            }
            python.finish();
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void whatPythonPicklesInAnyProtocol(String version) throws Exception {
        String program = CLIENT + """
                import datetime as d, pickle
                data = [None, True, False, 0, 255, 256, 65536, -1, 2**31, -2**63, 10**40, 1.5, float('inf'), '',
                        'a\\\\b\\nc',
                        '\\u20ac\\U0001f600', b'', b'\\x00\\xff' * 200, bytearray(b'ab'), [], [1, [2]], (), (1,),
                        (1, 2),
                        (1, 2, 3), (1, 2, 3, 4), {}, {'a': {1: 2}}, {b'k': (1, 2)}, set(), {1, 'x'}, frozenset([3]),
                        {(1, (2, 3)): 4}, d.date(2024, 2, 29), d.time(1, 2, 3, 4),
                        d.datetime(2024, 2, 29, 1, 2, 3, 999999),
                        d.timedelta(-1, 5, 6), d.datetime(2000, 1, 1, tzinfo=d.timezone.utc),
                        d.datetime(2000, 1, 1, 1, fold=1)]
                with Client(where, authkey=b'secret') as c:
                    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                        c.send_bytes(pickle.dumps(data, protocol))
                        back = c.recv()
                        assert back == data, [(a, b) for a, b in zip(data, back) if a != b]
                """;
        try (Listener listener = new Listener(Address.of("localhost", 0), KEY);
                Python python = new Python(version, program, where(listener));
                Connection connection = listener.accept(Gate.PATIENCE)) {
            for (int protocol = 0; protocol <= 5; protocol++) {
                List<?> data = connection.recv(List.class);
                assertThat(data.get(13)).isEqualTo("");
                assertThat(data.get(14)).isEqualTo("a\\b\nc");
                assertThat(data.get(15)).isEqualTo("€\uD83D\uDE00");
                assertThat(((Map<?, ?>) data.get(28)).get(ByteBuffer.wrap(new byte[] {'k'})))
                        .isEqualTo(new Object[] {1, 2});
                assertThat(data.get(37)).isEqualTo(OffsetDateTime.of(2000, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC));
                connection.send(data);
            }
            python.finish();
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aPythonClassIsRefused(String version) throws Exception {
        String program = CLIENT + """
                import os, fractions
                class Evil:
                    def __reduce__(self):
                        return os.system, ('true',)
                with Client(where, authkey=b'secret') as c:
                    for bad in Evil(), fractions.Fraction(1, 2), os.system, complex(1, 2), ValueError('x'):
                        c.send(bad)
                    c.send('good')
                """;
        try (Listener listener = new Listener(Address.of("localhost", 0), KEY);
                Python python = new Python(version, program, where(listener));
                Connection connection = listener.accept(Gate.PATIENCE)) {
            for (int i = 0; i < 5; i++) {
                assertThatExceptionOfType(IOException.class).isThrownBy(connection::recv)
                        .withMessageContaining("no pickle of data");
            }
            assertThat(connection.recv()).isEqualTo("good");
            python.finish();
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void wrongKeysAreToldOnBothSides(String version) throws Exception {
        String client = CLIENT + """
                try:
                    Client(where, authkey=b'wrong')
                except AuthenticationError as e:
                    print(e)
                """;
        try (Listener listener = new Listener(Address.of("localhost", 0), KEY);
                Python python = new Python(version, client, where(listener))) {
            assertThatExceptionOfType(AuthenticationException.class).isThrownBy(() -> listener.accept(Gate.PATIENCE))
                    .withMessage("digest received was wrong");
            assertThat(python.line()).isEqualTo("digest sent was rejected");
            python.finish();
        }
        String server = """
                with Listener(('localhost', 0), authkey=b'wrong') as listener:
                    print(listener.address[1], flush=True)
                    try:
                        listener.accept()
                    except AuthenticationError as e:
                        print(e, flush=True)
                """;
        try (Python python = new Python(version, server)) {
            int port = Integer.parseInt(python.line());
            assertThatExceptionOfType(AuthenticationException.class)
                    .isThrownBy(() -> Client.connect(Address.of("localhost", port), KEY))
                    .withMessage("digest sent was rejected");
            assertThat(python.line()).isEqualTo("digest received was wrong");
            python.finish();
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void messagesOfAllSizes(String version) throws Exception {
        String program = CLIENT + """
                with Client(where, authkey=b'secret') as c:
                    while True:
                        m = c.recv_bytes()
                        c.send_bytes(m)
                        if not m: break
                """;
        Random random = new Random(1);
        try (Listener listener = new Listener(Address.of("localhost", 0), KEY);
                Python python = new Python(version, program, where(listener));
                Connection connection = listener.accept(Gate.PATIENCE)) {
            for (int size : new int[] {1, 16383, 16384, 16385, 65536, 16 << 20, 0}) {
                byte[] message = new byte[size];
                random.nextBytes(message);
                connection.sendBytes(message);
                assertThat(Arrays.equals(connection.recvBytes(), message)).as(size + " bytes").isTrue();
            }
            python.finish();
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aPythonThatLeavesInsideOfAMessage(String version) throws Exception {
        String program = CLIENT + """
                import os
                for n in range(8):
                    with Client(where, authkey=b'secret') as c:
                        os.write(c.fileno(), b'\\0\\0\\0\\4abcd'[:n])
                """;
        try (Listener listener = Listener.builder().address(Address.of("localhost", 0)).authkey(KEY).backlog(8).open();
                Python python = new Python(version, program, where(listener))) {
            for (int n = 0; n < 8; n++) {
                try (Connection connection = listener.accept(Gate.PATIENCE)) {
                    assertThat(ending(connection)).isEqualTo(n == 0 ? "end" : "got end of file during message");
                }
            }
            python.finish();
        }
    }

    private static String ending(Connection connection) throws IOException {
        try {
            return "message of " + connection.recvBytes().length;
        } catch (java.io.EOFException e) {
            return "end";
        } catch (OSException e) {
            return e.getMessage();
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void abstractNamesAndDefaultAddresses(String version) throws Exception {
        String program = """
                address = '\\0' + sys.argv[1] if sys.argv[1] != '-' else None
                with Listener(address, 'AF_UNIX', authkey=b'secret') as listener:
                    print(repr(listener.address), flush=True)
                    with listener.accept() as c:
                        c.send('in')
                """;
        String name = "mp4j-" + System.nanoTime();
        try (Python python = new Python(version, program, name)) {
            assertThat(python.line()).contains(name);
            try (Connection connection = Client.connect(Address.of("\0" + name), KEY)) {
                assertThat(connection.recv()).isEqualTo("in");
            }
            python.finish();
        }
        try (Python python = new Python(version, program, "-")) {
            String path = python.line().replace("'", "");
            try (Connection connection = Client.connect(Address.of(path), KEY)) {
                assertThat(connection.recv()).isEqualTo("in");
            }
            python.finish();
            assertThat(Files.exists(Path.of(path))).isFalse();
        }
    }

    /** Two such messages and the copies of them: not for every run. */
    @ParameterizedTest
    @MethodSource("versions")
    @Tag("slow")
    void aMessageOfMoreThanTwoGibibytesIsRefusedAsAWhole(String version) throws Exception {
        String program = CLIENT + """
                with Client(where, authkey=b'secret') as c:
                    try:
                        c.send_bytes(bytes(2**31 + 5))
                    except OSError:
                        print('left', flush=True)
                """;
        try (Listener listener = new Listener(Address.of("localhost", 0), KEY);
                Python python = new Python(version, program, where(listener))) {
            try (Connection connection = listener.accept(Gate.PATIENCE)) {
                assertThatExceptionOfType(OSException.class).isThrownBy(connection::recvBytes)
                        .withMessage("bad message length");
                assertThat(connection.readable()).isFalse();
            }
            assertThat(python.line()).isEqualTo("left");
            python.finish();
        } catch (TimeoutException e) {
            throw new AssertionError(e);
        }
    }
}
