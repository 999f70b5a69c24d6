package org.multiprocessing4j.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.HeldMonitor;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Threads;

/** Listeners and clients of Java; those of Python are in {@link PythonPeersTest}. */
class ListenerTest {

    private static final byte[] KEY = "secret".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OTHER = "other".getBytes(StandardCharsets.US_ASCII);

    static Stream<Address> addresses() {
        return Stream.of(Address.of("localhost", 0), Address.of("127.0.0.1", 0), Address.of("::1", 0),
                Address.of("\0multiprocessing4j-test-" + Posix.getpid()));
    }

    /** Accepts once, and says what came of it. */
    private static CompletableFuture<Object> accept(Listener listener) {
        return Threads.supplyAsync(() -> {
            try (Connection connection = listener.accept(Gate.PATIENCE)) {
                connection.send("welcome");
                return "accepted";
            } catch (IOException | InterruptedException | TimeoutException | RuntimeException e) {
                return e;
            }
        });
    }

    @ParameterizedTest
    @MethodSource("addresses")
    void acceptsWithAndWithoutAKey(Address address) throws IOException {
        try (Listener listener = new Listener(address)) {
            CompletableFuture<Object> server = accept(listener);
            try (Connection client = Client.connect(listener.address())) {
                assertThat(client.recv()).isEqualTo("welcome");
            }
            assertThat(server.join()).isEqualTo("accepted");
        }
        try (Listener listener = new Listener(address, KEY)) {
            CompletableFuture<Object> server = accept(listener);
            try (Connection client = Client.connect(listener.address(), KEY)) {
                assertThat(client.recv()).isEqualTo("welcome");
            }
            assertThat(server.join()).isEqualTo("accepted");
        }
    }

    @Test
    void tellsItsPortAndItsClients() throws IOException {
        try (Listener listener = new Listener(Address.of("localhost", 0))) {
            Address.Inet address = (Address.Inet) listener.address();
            assertThat(address.host()).isEqualTo("127.0.0.1");
            assertThat(address.port()).isPositive();
            assertThat(address).hasToString("('127.0.0.1', " + address.port() + ")");
            assertThat(listener.lastAccepted()).isEmpty();
            CompletableFuture<Object> server = accept(listener);
            Client.connect(address).close();
            server.join();
            assertThat(listener.lastAccepted()).hasValueSatisfying(
                    from -> assertThat(((Address.Inet) from).host()).isEqualTo("127.0.0.1"));
        }
    }

    @Test
    void byDefaultItHasADirectoryOfItsOwn() throws IOException {
        Path path;
        try (Listener listener = new Listener()) {
            path = Path.of(((Address.Unix) listener.address()).path());
            assertThat(Files.getPosixFilePermissions(path.getParent()))
                    .isEqualTo(PosixFilePermissions.fromString("rwx------"));
            CompletableFuture<Object> server = accept(listener);
            try (Connection client = Client.connect(listener.address())) {
                assertThat(client.recv()).isEqualTo("welcome");
            }
            server.join();
            assertThat(listener.lastAccepted()).contains(Address.of(""));
        }
        assertThat(path.getParent()).doesNotExist();
    }

    @Test
    void theFileGoesWithTheListener(@TempDir Path directory) {
        Path path = directory.resolve("socket");
        Listener listener = new Listener(Address.of(path.toString()));
        assertThat(path).exists();
        assertThatExceptionOfType(OSException.class).isThrownBy(() -> new Listener(listener.address()))
                .withMessageContaining("EADDRINUSE");
        assertThat(path).exists();
        listener.close();
        listener.close();
        assertThat(path).doesNotExist();
        assertThatIllegalStateException().isThrownBy(listener::accept).withMessage("listener is closed");
        assertThatIllegalStateException().isThrownBy(listener::fileno).withMessage("listener is closed");
        assertThatExceptionOfType(OSException.class).isThrownBy(() -> Client.connect(listener.address()))
                .withMessageContaining("ENOENT");
    }

    @Test
    void theFileGoesWhenTheJvmEnds(@TempDir Path directory) {
        Path path = directory.resolve("socket");
        JavaProgram.Outcome outcome = JavaProgram.of(OpenListener.class, path.toString()).run();
        assertThat(outcome.out()).isEqualTo("true\n");
        assertThat(outcome.err()).isEmpty();
        assertThat(path).doesNotExist();
    }

    /** Listens, and ends. */
    static final class OpenListener {
        static Listener listener;

        private OpenListener() {}

        public static void main(String[] arguments) {
            listener = new Listener(Address.of(arguments[0]));
            System.out.println(Files.exists(Path.of(arguments[0])));
        }
    }

    @Test
    void addressesMustBeSome() {
        assertThatIllegalArgumentException().isThrownBy(() -> Address.of("x".repeat(108)))
                .withMessageStartingWith("AF_UNIX path too long");
        assertThatIllegalArgumentException().isThrownBy(() -> Address.of("ü".repeat(54)));
        assertThatIllegalArgumentException().isThrownBy(() -> Address.of("a\0b")).withMessage("NUL in a path: a\\x00b");
        assertThatIllegalArgumentException().isThrownBy(() -> Address.of("localhost", 65536));
        assertThatIllegalArgumentException().isThrownBy(() -> Listener.builder().address(Address.of("")));
        assertThat(Address.of("\0name")).hasToString("'\\x00name'");
        assertThatThrownBy(() -> Client.connect(Address.of("no.such.host.invalid", 1)))
                .isInstanceOf(OSException.class).hasMessageContaining("no.such.host.invalid");
    }

    @Test
    void whoHasAnotherKeyIsNotInAndBothAreTold() throws IOException {
        try (Listener listener = new Listener(Address.of("localhost", 0), KEY)) {
            CompletableFuture<Object> first = accept(listener);
            assertThatExceptionOfType(AuthenticationException.class)
                    .isThrownBy(() -> Client.connect(listener.address(), OTHER))
                    .withMessage("digest sent was rejected");
            assertThat(first.join()).isInstanceOf(AuthenticationException.class)
                    .extracting("message").isEqualTo("digest received was wrong");
            CompletableFuture<Object> second = accept(listener);
            try (Connection client = Client.connect(listener.address(), KEY)) {
                assertThat(client.recv()).isEqualTo("welcome");
            }
            assertThat(second.join()).isEqualTo("accepted");
        }
    }

    @Test
    void silentPeersHoldUpNobody() throws IOException {
        try (Listener listener = Listener.builder().backlog(20).authkey(KEY).open()) {
            List<Connection> silent = IntStream.range(0, 10).mapToObj(i -> Client.connect(listener.address())).toList();
            CompletableFuture<Object> server = accept(listener);
            try (Connection client = Client.connect(listener.address(), KEY)) {
                assertThat(client.recv()).isEqualTo("welcome");
            }
            assertThat(server.join()).isEqualTo("accepted");
            silent.forEach(Connection::close);
        }
    }

    @Test
    void aSilentPeerIsCutOffInTime() throws IOException {
        try (Listener listener =
                        Listener.builder().authkey(KEY).handshakeTimeout(Duration.ofMillis(20)).open();
                Connection silent = Client.connect(listener.address())) {
            assertThat(accept(listener).join()).isInstanceOf(AuthenticationException.class)
                    .extracting("message").isEqualTo("the other side did not answer in time");
            assertThat(silent.recvBytes()).hasSize(59);
            assertThatExceptionOfType(EOFException.class).isThrownBy(silent::recvBytes);
        }
    }

    @Test
    void aClientDoesNotWaitForEver() {
        try (Listener listener = new Listener()) {
            assertThatExceptionOfType(AuthenticationException.class)
                    .isThrownBy(() -> Client.connect(listener.address(), KEY, Duration.ofMillis(10)));
        }
    }

    @Test
    void acceptGivesUpInTimeAndWhenInterrupted() {
        try (Listener listener = new Listener()) {
            assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> listener.accept(Duration.ofMillis(5)));
            assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> listener.accept(Duration.ofDays(-1)));
            Threads.assertInterruptible(() -> listener.accept(Duration.ofDays(400_000)));
        }
    }

    @Test
    void closeEndsAcceptInOtherThreads() {
        Listener listener = new Listener();
        CompletableFuture<Object> waiting = Threads.supplyAsync(() -> {
            try {
                return listener.accept();
            } catch (IOException | IllegalStateException e) {
                return e;
            }
        });
        CompletableFuture<Object> other = accept(listener);
        listener.close();
        assertThat(waiting.join()).isInstanceOf(IllegalStateException.class)
                .extracting("message").isEqualTo("listener is closed");
        assertThat(other.join()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void canBeWaitedFor() throws Exception {
        try (Listener listener = new Listener()) {
            assertThat(Connection.wait(List.of(listener), Duration.ZERO)).isEmpty();
            try (Connection client = Client.connect(listener.address())) {
                assertThat(Connection.wait(List.of(listener, client), Gate.PATIENCE)).containsExactly(listener);
            }
        }
    }

    @Test
    void authenticationWorksOverAnyConnection() throws Exception {
        try (Pipe pipe = Pipe.open()) {
            CompletableFuture<Void> client = Threads.runAsync(() -> {
                try {
                    Authentication.answerChallenge(pipe.second(), KEY);
                    Authentication.deliverChallenge(pipe.second(), KEY);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            Authentication.deliverChallenge(pipe.first(), KEY);
            Authentication.answerChallenge(pipe.first(), KEY);
            client.join();
            pipe.second().sendBytes(KEY);
            assertThatExceptionOfType(AuthenticationException.class)
                    .isThrownBy(() -> Authentication.answerChallenge(pipe.first(), KEY));
            pipe.second().close();
            assertThatExceptionOfType(EOFException.class)
                    .isThrownBy(() -> Authentication.answerChallenge(pipe.first(), KEY));
        }
    }

    static void connect(String path, byte[] key) throws IOException {
        try (Connection connection = Client.connect(Address.of(path), key)) {
            connection.send(List.of("from", Posix.getpid()));
            assertThat(connection.recv()).isEqualTo("thanks");
        }
    }

    @StartMethods
    void childrenConnect(Context context) throws Exception {
        try (Listener listener = Listener.builder().backlog(4).authkey(KEY).open()) {
            String path = ((Address.Unix) listener.address()).path();
            List<Child> children = IntStream.range(0, 3).mapToObj(i -> Child.start(context.builder()
                    .target(ListenerTest::connect, path, KEY).build())).toList();
            List<Object> pids = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                try (Connection connection = listener.accept(Gate.PATIENCE)) {
                    pids.add(connection.recv(List.class).get(1));
                    connection.send("thanks");
                }
            }
            assertThat(children).extracting(Child::exitcode).containsOnly(0);
            assertThat(pids).containsExactlyInAnyOrderElementsOf(
                    children.stream().map(child -> (Object) child.pid()).toList());
            children.forEach(Child::close);
        }
    }

    /** A child has none of its parent's threads: what they were at is not to keep it from anything. */
    @Test
    void aForkedChildListensWhateverAnotherThreadWasAt() {
        try (HeldMonitor held = new HeldMonitor(ListenerSocket.class)) {
            assertThat(held).isNotNull();
            assertThat(Child.run(Multiprocessing.getContext("fork").process(() -> new Listener().close()))).isZero();
        }
    }
}
