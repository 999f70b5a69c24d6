package org.multiprocessing4j.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.Threads;

/** The ends of pipes, in one process. */
class ConnectionTest {

    private static final int EPROTO = 71;
    private static final int EMSGSIZE = 90;

    private static byte[] noise(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void aOneWayPipeReceivesWithItsFirstAndSendsWithItsSecondEnd() throws IOException {
        try (Pipe pipe = Multiprocessing.pipe(false)) {
            assertThat(pipe.reader().readable()).isTrue();
            assertThat(pipe.reader().writable()).isFalse();
            assertThat(pipe.writer().readable()).isFalse();
            assertThat(pipe.writer().writable()).isTrue();
            for (Threads.Call call : List.<Threads.Call>of(
                    () -> pipe.reader().send(1), () -> pipe.reader().sendBytes(new byte[0]),
                    () -> pipe.reader().sendBytes(ByteBuffer.allocateDirect(1)))) {
                assertThatIllegalStateException().isThrownBy(call::run).withMessage("connection is read-only");
            }
            for (Threads.Call call : List.<Threads.Call>of(
                    pipe.writer()::recv, pipe.writer()::recvBytes, () -> pipe.writer().recvBytes(1),
                    () -> pipe.writer().recvBytesInto(new byte[1]), pipe.writer()::poll)) {
                assertThatIllegalStateException().isThrownBy(call::run).withMessage("connection is write-only");
            }
            pipe.writer().sendBytes(ascii("Hello"));
            assertThat(pipe.reader().recvBytes()).asString().isEqualTo("Hello");
        }
    }

    @Test
    void bothEndsOfADuplexPipeSendAndReceive() throws IOException {
        try (Pipe pipe = Multiprocessing.pipe()) {
            pipe.first().send("there");
            pipe.second().send("back");
            assertThat(pipe.second().recv()).isEqualTo("there");
            assertThat(pipe.first().recv(String.class)).isEqualTo("back");
        }
    }

    @Test
    void closedItRefusesEverything() {
        Pipe pipe = Pipe.open();
        Connection end = pipe.first();
        assertThat(end.toString()).isEqualTo("<Connection, handle " + end.fileno() + ">");
        pipe.close();
        pipe.close();
        assertThat(end.closed()).isTrue();
        assertThat(end.toString()).isEqualTo("<Connection, handle closed>");
        for (Threads.Call call : List.<Threads.Call>of(
                () -> end.send(1), () -> end.sendBytes(new byte[0]), end::recv, end::recvBytes, end::fileno, end::poll,
                () -> end.poll(Duration.ZERO), () -> Connection.wait(List.of(end), Duration.ZERO))) {
            assertThatIllegalStateException().isThrownBy(call::run).withMessage("handle is closed");
        }
    }

    @Test
    void isMadeOfDescriptorsThatAreOpenAndDoSomething() {
        assertThatThrownBy(() -> new Connection(1_000_000, true, true)).isInstanceOf(OSException.class)
                .hasMessageContaining("EBADF");
        assertThatIllegalArgumentException().isThrownBy(() -> new Connection(-1, true, true))
                .withMessage("invalid handle");
        assertThatIllegalArgumentException().isThrownBy(() -> new Connection(0, false, false))
                .withMessage("at least one of `readable` and `writable` must be True");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2048, 2049, 16383, 16384, 16385, 65535, 65536, 65537, 1 << 24, (1 << 24) + 1})
    void carriesMessagesOfAnySize(int size) throws Exception {
        byte[] message = noise(size);
        ByteBuffer direct = ByteBuffer.allocateDirect(size + 2);
        for (boolean duplex : new boolean[] {false, true}) {
            try (Pipe pipe = Pipe.open(duplex)) {
                CompletableFuture<Void> sender = Threads.runAsync(() -> {
                    pipe.writer().sendBytes(message);
                    pipe.writer().sendBytes(message);
                    pipe.writer().sendBytes(direct.clear().position(1).put(message).flip().position(1));
                });
                assertThat(pipe.reader().recvBytes()).isEqualTo(message);
                byte[] into = new byte[size + 2];
                assertThat(pipe.reader().recvBytesInto(into, 2)).isEqualTo(size);
                assertThat(ByteBuffer.wrap(into, 2, size)).isEqualTo(ByteBuffer.wrap(message));
                ByteBuffer buffer = ByteBuffer.allocateDirect(size + 2).position(2);
                assertThat(pipe.reader().recvBytesInto(buffer)).isEqualTo(size);
                assertThat(buffer.position()).isEqualTo(size + 2);
                assertThat(buffer.flip().position(2)).isEqualTo(ByteBuffer.wrap(message));
                sender.join();
                assertThat(pipe.reader().poll()).isFalse();
            }
        }
    }

    @Test
    void sendsPartsOfArraysAndBuffers() throws IOException {
        byte[] data = ascii("0123456789");
        try (Pipe pipe = Pipe.open(false)) {
            pipe.writer().sendBytes(data, 7);
            assertThat(pipe.reader().recvBytes()).asString().isEqualTo("789");
            pipe.writer().sendBytes(data, 10);
            assertThat(pipe.reader().recvBytes()).isEmpty();
            pipe.writer().sendBytes(data, 2, 3);
            assertThat(pipe.reader().recvBytes()).asString().isEqualTo("234");
            ByteBuffer heap = ByteBuffer.wrap(data).position(4).limit(6);
            pipe.writer().sendBytes(heap);
            assertThat(heap.remaining()).isZero();
            ByteBuffer into = ByteBuffer.allocate(5).position(1);
            assertThat(pipe.reader().recvBytesInto(into)).isEqualTo(2);
            assertThat(into.array()).isEqualTo(ascii("\00045\0\0"));
        }
    }

    @Test
    void refusesPartsThatAreNotThere() {
        byte[] data = new byte[3];
        try (Pipe pipe = Pipe.open(false)) {
            Connection writer = pipe.writer();
            Connection reader = pipe.reader();
            assertThatIllegalArgumentException().isThrownBy(() -> writer.sendBytes(data, -1))
                    .withMessage("offset is negative");
            assertThatIllegalArgumentException().isThrownBy(() -> writer.sendBytes(data, 4))
                    .withMessage("buffer length < offset");
            assertThatIllegalArgumentException().isThrownBy(() -> writer.sendBytes(data, 1, -1))
                    .withMessage("size is negative");
            assertThatIllegalArgumentException().isThrownBy(() -> writer.sendBytes(data, 1, Integer.MAX_VALUE))
                    .withMessage("buffer length < offset + size");
            assertThatIllegalArgumentException().isThrownBy(() -> reader.recvBytes(-1))
                    .withMessage("negative maxlength");
            assertThatIllegalArgumentException().isThrownBy(() -> reader.recvBytesInto(data, -1))
                    .withMessage("negative offset");
            assertThatIllegalArgumentException().isThrownBy(() -> reader.recvBytesInto(data, 4))
                    .withMessage("offset too large");
            assertThatIllegalArgumentException().isThrownBy(
                    () -> reader.recvBytesInto(ByteBuffer.allocate(1).asReadOnlyBuffer()));
            assertThat(reader.poll()).as("nothing was sent").isFalse();
        }
    }

    @Test
    void theEndBetweenMessagesIsTheEndOfTheFile() throws IOException {
        try (Pipe pipe = Pipe.open(false)) {
            pipe.writer().send("last");
            pipe.writer().close();
            assertThat(pipe.reader().recv()).isEqualTo("last");
            assertThat(pipe.reader().poll()).isTrue();
            assertThatExceptionOfType(EOFException.class).isThrownBy(pipe.reader()::recv);
            assertThatExceptionOfType(EOFException.class).isThrownBy(pipe.reader()::recvBytes);
            assertThatExceptionOfType(EOFException.class).isThrownBy(() -> pipe.reader().recvBytesInto(new byte[1]));
        }
    }

    @Test
    void theEndInsideOfAMessageIsAnError() {
        byte[] whole = ascii("\0\0\0\5Hello");
        for (int sent = 1; sent < whole.length; sent++) {
            try (Pipe pipe = Pipe.open(false)) {
                Posix.writeAll(pipe.writer().fileno(), whole, 0, sent);
                pipe.writer().close();
                assertThatExceptionOfType(OSException.class).isThrownBy(pipe.reader()::recvBytes)
                        .withMessage("got end of file during message")
                        .returns(EPROTO, OSException::errno);
            }
        }
    }

    @Test
    void nobodyReadsAnyMore() {
        for (boolean duplex : new boolean[] {false, true}) {
            try (Pipe pipe = Pipe.open(duplex)) {
                pipe.reader().close();
                assertThatExceptionOfType(OSException.class).isThrownBy(() -> pipe.writer().send("x"))
                        .withMessageContaining("EPIPE").returns("write", OSException::call);
            }
        }
    }

    @Test
    void aMessageThatIsTooLongEndsReceiving() throws IOException {
        try (Pipe pipe = Pipe.open(); Pipe oneWay = Pipe.open(false)) {
            pipe.second().sendBytes(ascii("12345"));
            assertThatExceptionOfType(OSException.class).isThrownBy(() -> pipe.first().recvBytes(4))
                    .withMessage("bad message length").returns(EMSGSIZE, OSException::errno);
            assertThat(pipe.first().readable()).isFalse();
            assertThatIllegalStateException().isThrownBy(pipe.first()::recvBytes);
            pipe.first().send("still");
            assertThat(pipe.second().recv()).isEqualTo("still");

            oneWay.writer().sendBytes(ascii("12345"));
            assertThatExceptionOfType(OSException.class).isThrownBy(() -> oneWay.reader().recvBytes(0));
            assertThat(oneWay.reader().closed()).isTrue();
        }
    }

    @Test
    void aMessageThatNoArrayCanHoldIsTooLong() {
        try (Pipe pipe = Pipe.open(false)) {
            Posix.writeAll(pipe.writer().fileno(), ascii("\u00ff\u00ff\u00ff\u00ff\0\0\0\1\0\0\0\0"));
            assertThatExceptionOfType(OSException.class).isThrownBy(pipe.reader()::recvBytes)
                    .withMessage("bad message length");
        }
    }

    @Test
    void whatAPeerClaimsToSendIsNotAllocated() {
        try (Pipe pipe = Pipe.open(false)) {
            Posix.writeAll(pipe.writer().fileno(), ascii("\177\177\177\177...."));
            pipe.writer().close();
            assertThatExceptionOfType(OSException.class).isThrownBy(pipe.reader()::recvBytes)
                    .withMessage("got end of file during message");
        }
    }

    @Test
    void aBufferThatIsTooShortIsToldWithTheMessage() throws IOException {
        try (Pipe pipe = Pipe.open(false)) {
            pipe.writer().sendBytes(ascii("12345"));
            pipe.writer().sendBytes(ascii("67890"));
            pipe.writer().sendBytes(ascii("next"));
            assertThatExceptionOfType(BufferTooShortException.class)
                    .isThrownBy(() -> pipe.reader().recvBytesInto(new byte[8], 4))
                    .satisfies(e -> assertThat(e.receivedMessage()).asString().isEqualTo("12345"));
            assertThatExceptionOfType(BufferTooShortException.class)
                    .isThrownBy(() -> pipe.reader().recvBytesInto(ByteBuffer.allocateDirect(4)))
                    .satisfies(e -> assertThat(e.receivedMessage()).asString().isEqualTo("67890"));
            assertThat(pipe.reader().recvBytes()).asString().isEqualTo("next");
        }
    }

    @Test
    void manyThreadsShareBothEnds() throws Exception {
        try (Pipe pipe = Pipe.open(false)) {
            int threads = 4;
            int each = 200;
            List<CompletableFuture<Void>> senders = IntStream.range(0, threads).mapToObj(t -> Threads.runAsync(() -> {
                byte[] message = new byte[5000];
                Arrays.fill(message, (byte) t);
                for (int i = 0; i < each; i++) {
                    pipe.writer().sendBytes(message);
                }
            })).toList();
            List<CompletableFuture<int[]>> receivers = IntStream.range(0, threads).mapToObj(t -> Threads.supplyAsync(
                    () -> receive(pipe.reader(), each, threads))).toList();
            int[] sums = new int[threads];
            for (CompletableFuture<int[]> receiver : receivers) {
                int[] counts = receiver.join();
                for (int i = 0; i < threads; i++) {
                    sums[i] += counts[i];
                }
            }
            senders.forEach(CompletableFuture::join);
            assertThat(sums).containsOnly(each);
        }
    }

    /** How many messages of each sender came, each of them whole. */
    private static int[] receive(Connection reader, int count, int senders) {
        int[] counts = new int[senders];
        try {
            for (int i = 0; i < count; i++) {
                byte[] message = reader.recvBytes();
                assertThat(message).hasSize(5000).containsOnly(message[0]);
                counts[message[0]]++;
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return counts;
    }

    @Test
    void isClosedWhenTheLastCallReturns() throws Exception {
        byte[] message = noise(1 << 20);
        try (Pipe pipe = Pipe.open(false)) {
            CompletableFuture<Void> sender = Threads.runAsync(() -> pipe.writer().sendBytes(message));
            byte[] header = new byte[Integer.BYTES];
            assertThat(Posix.read(pipe.reader().fileno(), header)).as("the call has begun").isEqualTo(header.length);
            pipe.writer().close();
            assertThatIllegalStateException().isThrownBy(() -> pipe.writer().send("x"));
            ByteBuffer received = ByteBuffer.allocate(message.length);
            byte[] piece = new byte[1 << 16];
            for (int size = Posix.read(pipe.reader().fileno(), piece); size > 0;
                    size = Posix.read(pipe.reader().fileno(), piece)) {
                received.put(piece, 0, size);
            }
            assertThat(received.array()).as("all of it, and then the end").isEqualTo(message);
            sender.join();
        }
    }

    // Waiting

    @Test
    void pollTellsWhetherThereIsSomething() throws Exception {
        try (Pipe pipe = Pipe.open(false)) {
            assertThat(pipe.reader().poll()).isFalse();
            assertThat(pipe.reader().poll(Duration.ofMillis(15))).isFalse();
            assertThat(pipe.reader().poll(Duration.ofSeconds(-1))).isFalse();
            pipe.writer().sendBytes(new byte[0]);
            assertThat(pipe.reader().poll()).isTrue();
            assertThat(pipe.reader().poll(null)).isTrue();
        }
    }

    @Test
    void waitingIsInterruptible() {
        try (Pipe pipe = Pipe.open()) {
            Threads.assertInterruptible(() -> pipe.first().poll(null));
            Threads.assertInterruptible(() -> Connection.wait(List.of(pipe.first()), null));
        }
    }

    @Test
    void waitAnswersThoseThatAreReadyInTheirOrder() throws Exception {
        try (Pipe one = Pipe.open(false); Pipe other = Pipe.open()) {
            List<Connection> all = List.of(one.reader(), other.first(), other.second());
            assertThat(Connection.wait(all, Duration.ZERO)).isEmpty();
            assertThat(Connection.wait(all, Duration.ofMillis(15))).isEmpty();
            other.first().send("x");
            assertThat(Connection.wait(all, null)).containsExactly(other.second());
            one.writer().close();
            assertThat(Connection.wait(all, null)).containsExactly(one.reader(), other.second());
            assertThat(Connection.wait(List.<Object>of(other.second().fileno(), other.first()), null))
                    .containsExactly(other.second().fileno());
        }
    }

    @Test
    void waitRefusesWhatItCannotWaitFor() throws Exception {
        assertThat(Connection.wait(List.of(), Duration.ofMillis(1))).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> Connection.wait(List.of(), null))
                .withMessage("nothing to wait for");
        assertThatIllegalArgumentException().isThrownBy(() -> Connection.wait(List.of("x"), null))
                .withMessage("cannot wait for a java.lang.String");
        assertThatExceptionOfType(OSException.class).isThrownBy(() -> Connection.wait(List.of(1_000_000), null))
                .withMessageContaining("EBADF");
    }

    // Connections over connections

    @Test
    void connectionsTravelInMessages() throws IOException {
        try (Pipe way = Pipe.open(); Pipe one = Pipe.open(false); Pipe other = Pipe.open()) {
            way.first().send(List.of(one.writer(), "and", other.first(), one.writer()));
            one.writer().close();
            other.first().close();
            List<?> received = way.second().recv(List.class);
            assertThat(received).hasSize(4);
            Connection writer = (Connection) received.get(0);
            Connection socket = (Connection) received.get(2);
            assertThat(received.get(3)).as("the same object").isSameAs(writer);
            assertThat(writer.readable()).isFalse();
            writer.send("one");
            socket.send("other");
            assertThat(one.reader().recv()).isEqualTo("one");
            assertThat(other.second().recv()).isEqualTo("other");
            writer.close();
            socket.close();
            assertThatExceptionOfType(EOFException.class).isThrownBy(one.reader()::recv);
        }
    }

    @Test
    void connectionsThatNobodyTakesAreClosed() throws IOException {
        try (Pipe way = Pipe.open(); Pipe sent = Pipe.open(false)) {
            way.first().send(sent.writer());
            sent.writer().close();
            assertThat(way.second().recvBytes()).isNotEmpty();
            assertThatExceptionOfType(EOFException.class).isThrownBy(sent.reader()::recv);
        }
    }

    @Test
    void aMessageWithoutItsDescriptorIsRefused() throws IOException {
        try (Pipe way = Pipe.open(false); Pipe sent = Pipe.open()) {
            byte[] message = recorded(sent.first());
            way.writer().sendBytes(message);
            assertThatExceptionOfType(InvalidObjectException.class).isThrownBy(way.reader()::recv);
        }
    }

    private static byte[] recorded(Connection connection) throws IOException {
        try (Pipe way = Pipe.open()) {
            way.first().send(connection);
            return way.second().recvBytes();
        }
    }

    @Test
    void aClosedConnectionDoesNotTravel() {
        try (Pipe way = Pipe.open(); Pipe sent = Pipe.open()) {
            sent.first().close();
            assertThatIllegalStateException().isThrownBy(() -> way.first().send(sent.first()))
                    .withMessage("handle is closed");
        }
    }

    @Test
    void anEndThatNothingReachesIsClosed() {
        Connection reader = Pipe.open(false).reader();
        Awaitility.await().pollInSameThread().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5))
                .atMost(Gate.PATIENCE).until(() -> {
                    System.gc();
                    return reader.poll();
                });
        assertThatExceptionOfType(EOFException.class).isThrownBy(reader::recv);
        reader.close();
    }
}
