package org.multiprocessing4j.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.ForkingPickler;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Threads;

/** Connections and descriptors on their way to other processes, in each way there is. */
class DescriptorsTest {

    private static final int EBADF = 9;
    private static final int EPIPE = 32;

    /** A codec of the test's own: no short form. */
    private record Shouting() implements Codec {
        private static final long serialVersionUID = 1L;

        @Override
        public byte[] encode(Object object) {
            return object.toString().toUpperCase().getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        public Object decode(byte[] message) {
            return new String(message, StandardCharsets.US_ASCII);
        }
    }

    /** Says hello over what it is given, and says which it was. */
    static void sayHello(Object received) throws IOException {
        if (received instanceof Connection connection) {
            connection.send("hello");
            connection.close();
        } else {
            int fd = ((DupFd) received).detach();
            Posix.writeAll(fd, "hello".getBytes(StandardCharsets.US_ASCII));
            Posix.close(fd);
        }
    }

    static void sayHelloOverBoth(Connection connection, DupFd fd) throws IOException {
        sayHello(connection);
        sayHello(fd);
    }

    static void sayHelloOverWhatIsQueued(Queue<Object> queue) throws Exception {
        sayHello(queue.get(Gate.PATIENCE));
        sayHello(queue.get(Gate.PATIENCE));
    }

    static void sayHelloOverWhatComes(Connection way) throws IOException {
        sayHello(way.recv());
        sayHello(way.recv());
    }

    static void queuePipe(Queue<Object> queue, Gate received) throws Exception {
        try (Pipe pipe = Pipe.open(false)) {
            queue.put(pipe.writer());
            received.pass(); // what is in a message lives with who sent it
            pipe.writer().close();
            assertThat(pipe.reader().recv()).isEqualTo("hello");
        }
    }

    private static String readAll(int fd) {
        byte[] buffer = new byte[100];
        int size = 0;
        for (int read; (read = Posix.read(fd, buffer)) > 0;) {
            size = read;
        }
        Posix.close(fd);
        return new String(buffer, 0, size, StandardCharsets.US_ASCII);
    }

    /** A pipe of messages and a bare one, whose writing ends are to go somewhere. */
    private static final class Ends implements AutoCloseable {
        private final Pipe pipe = Pipe.open(false);
        private final org.multiprocessing4j.posix.Pipe bare = Posix.pipe();
        private final DupFd fd = new DupFd(bare.writer());

        Ends() {
            Posix.close(bare.writer());
        }

        void closeWriters() {
            pipe.writer().close();
            fd.close();
        }

        /** What came, until the last copy of the writers was closed. */
        void assertHellos() throws IOException {
            assertThat(pipe.reader().recv()).isEqualTo("hello");
            assertThatExceptionOfType(EOFException.class).isThrownBy(pipe.reader()::recv);
            assertThat(readAll(bare.reader())).isEqualTo("hello");
        }

        @Override
        public void close() {
            pipe.close();
            fd.close();
        }
    }

    @StartMethods
    void asArguments(Context ctx) throws IOException {
        try (Ends ends = new Ends();
                Child child = Child.start(ctx.builder()
                        .target(DescriptorsTest::sayHelloOverBoth, ends.pipe.writer(), ends.fd).build())) {
            ends.closeWriters();
            ends.assertHellos();
            assertThat(child.exitcode()).isZero();
        }
    }

    @StartMethods
    void codecsTravelWithTheirConnections(Context ctx) throws IOException {
        for (Codec codec : List.of(Codecs.java(), Codecs.pickle(), new Shouting())) {
            try (Pipe pipe = Pipe.open(false)) {
                pipe.writer().codec(codec);
                assertThat(Child.run(ctx.builder().target(DescriptorsTest::sayHello, pipe.writer()).build())).isZero();
                assertThat(pipe.reader().recvBytes()).isEqualTo(codec.encode("hello"));
            }
        }
    }

    static void hold(Connection connection, DupFd fd, Gate end) {
        end.pass();
        connection.close();
        fd.close();
    }

    /** Their copies are the child's: nobody needs the originals. */
    @ParameterizedTest
    @ValueSource(strings = {"forkserver", "spawn"})
    void whatAChildHasIsNotKept(String method) {
        Gate end = new Gate();
        Ends ends = new Ends();
        int reader = ends.bare.reader();
        WeakReference<?> connection = new WeakReference<>(ends.pipe.writer());
        WeakReference<?> fd = new WeakReference<>(ends.fd);
        try (Child child = Child.start(Multiprocessing.getContext(method).builder()
                .target(DescriptorsTest::hold, ends.pipe.writer(), ends.fd, end).build())) {
            ends = null;
            Awaitility.await().atMost(Gate.PATIENCE).until(() -> {
                System.gc();
                return connection.get() == null && fd.get() == null;
            });
            end.open();
            assertThat(child.exitcode()).isZero();
        } finally {
            Posix.close(reader);
        }
    }

    @StartMethods
    void inAQueue(Context ctx) throws Exception {
        try (Ends ends = new Ends();
                Queue<Object> queue = new Queue<>();
                Child child = Child.start(ctx.builder()
                        .target(DescriptorsTest::sayHelloOverWhatIsQueued, queue).build())) {
            queue.put(ends.pipe.writer());
            queue.put(ends.fd);
            ends.closeWriters();
            assertThat(child.exitcode()).isZero();
            ends.assertHellos();
        }
    }

    @StartMethods
    void inAQueueBeforeTheChildIsStarted(Context ctx) throws Exception {
        try (Ends ends = new Ends(); Queue<Object> queue = new Queue<>()) {
            queue.put(ends.pipe.writer());
            queue.put(ends.fd);
            ends.closeWriters();
            assertThat(Child.run(ctx.builder().target(DescriptorsTest::sayHelloOverWhatIsQueued, queue).build()))
                    .isZero();
            ends.assertHellos();
        }
    }

    @StartMethods
    void outOfAQueue(Context ctx) throws Exception {
        Gate received = new Gate();
        try (Queue<Object> queue = new Queue<>();
                Child child = Child.start(ctx.builder()
                        .target(DescriptorsTest::queuePipe, queue, received).build())) {
            Object writer = queue.get(Gate.PATIENCE);
            received.open();
            sayHello(writer);
            assertThat(child.exitcode()).isZero();
        }
    }

    private void overAConnection(Context ctx, Connection ours, Connection theirs) throws IOException {
        try (Ends ends = new Ends();
                Child child = Child.start(ctx.builder()
                        .target(DescriptorsTest::sayHelloOverWhatComes, theirs).build())) {
            ours.codec(Codecs.java()).send(ends.pipe.writer());
            ours.send(ends.fd);
            assertThat(child.exitcode()).isZero();
            ends.closeWriters();
            ends.assertHellos();
        }
    }

    @StartMethods
    void overPipes(Context ctx) throws IOException {
        try (Pipe oneWay = Pipe.open(false); Pipe bothWays = Pipe.open(true)) {
            overAConnection(ctx, oneWay.writer(), oneWay.reader());
            overAConnection(ctx, bothWays.first(), bothWays.second());
        }
    }

    @StartMethods
    void overInternetSockets(Context ctx) throws Exception {
        try (Listener listener = new Listener(Address.of("localhost", 0));
                Connection theirs = Client.connect(listener.address()).codec(Codecs.java());
                Connection ours = listener.accept(Gate.PATIENCE)) {
            overAConnection(ctx, ours, theirs);
        }
    }

    @Test
    void withinOneProcess() throws Exception {
        try (Ends ends = new Ends(); Queue<Object> queue = new Queue<>()) {
            queue.put(ends.pipe.writer());
            queue.put(ends.fd);
            ends.closeWriters();
            sayHello(queue.get());
            byte[] twice = ForkingPickler.dumps(ends.pipe.reader());
            try (Connection copy = (Connection) ForkingPickler.loads(twice, null)) {
                assertThat(copy.recv()).isEqualTo("hello");
            }
            assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> ForkingPickler.loads(twice, null))
                    .withMessageContaining("a descriptor is not there any more");
            sayHello(queue.get());
            assertThat(readAll(ends.bare.reader())).isEqualTo("hello");
        }
    }

    @Test
    void manyThreadsShareAtOnce() throws Exception {
        try (Queue<Object> queue = new Queue<>(); Pipe pipe = Pipe.open(false)) {
            List<CompletableFuture<Integer>> threads = java.util.stream.IntStream.range(0, 4)
                    .mapToObj(thread -> Threads.supplyAsync(() -> {
                        try {
                            for (int i = 0; i < 50; i++) {
                                queue.put(pipe.writer());
                                ((Connection) queue.get()).close();
                            }
                            return 50;
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    })).toList();
            for (CompletableFuture<Integer> thread : threads) {
                assertThat(thread.get()).isEqualTo(50);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 252})
    void severalAtOnce(int count) throws IOException {
        try (Pipe way = Pipe.open(); Pipe sent = Pipe.open(false)) {
            int[] fds = new int[count];
            java.util.Arrays.fill(fds, sent.writer().fileno());
            Reduction.sendfds(way.first(), fds);
            int[] received = Reduction.recvfds(way.second(), count);
            assertThat(received).hasSize(count).doesNotHaveDuplicates();
            for (int fd : received) {
                Posix.close(fd);
            }
        }
    }

    @Test
    void whatCannotBeSentIsRefused() throws IOException {
        try (Pipe way = Pipe.open(); Pipe oneWay = Pipe.open(false)) {
            assertThatIllegalArgumentException().isThrownBy(() -> Reduction.sendHandle(oneWay.writer(), 0))
                    .withMessageContaining("AF_UNIX");
            assertThatIllegalStateException().isThrownBy(() -> Reduction.sendHandle(oneWay.reader(), 0))
                    .withMessage("connection is read-only");
            assertThatIllegalArgumentException().isThrownBy(() -> Reduction.sendfds(way.first(), new int[253]));
            assertThatExceptionOfType(OSException.class).isThrownBy(() -> Reduction.sendHandle(way.first(), 1 << 20))
                    .matches(e -> e.errno() == EBADF);
            assertThatExceptionOfType(OSException.class).isThrownBy(() -> new DupFd(1 << 20))
                    .matches(e -> e.errno() == EBADF);
            Reduction.sendfds(way.first(), 0, 0);
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> Reduction.recvHandle(way.second()))
                    .withMessage("received 2 descriptors where 1 were expected");
            Reduction.sendfds(way.first());
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> Reduction.recvHandle(way.second()))
                    .withMessage("received no descriptor where one was expected");
            way.second().close();
            assertThatExceptionOfType(EOFException.class).isThrownBy(() -> Reduction.recvHandle(way.first()));
            assertThatExceptionOfType(OSException.class).isThrownBy(() -> Reduction.sendHandle(way.first(), 0))
                    .matches(e -> e.errno() == EPIPE);
        }
    }

    @Test
    void isDetachedOnce() {
        try (Pipe pipe = Pipe.open()) {
            DupFd fd = new DupFd(pipe.first().fileno());
            assertThat(fd).hasToString("<DupFd, handle " + fd.fileno() + ">");
            Posix.close(fd.detach());
            assertThatIllegalStateException().isThrownBy(fd::detach).withMessage("handle is closed");
            assertThatIllegalStateException().isThrownBy(fd::fileno).withMessage("handle is closed");
            assertThat(fd).hasToString("<DupFd, handle closed>");
            fd.close();
        }
    }
}
