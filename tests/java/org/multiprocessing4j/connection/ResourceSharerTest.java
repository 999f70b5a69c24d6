package org.multiprocessing4j.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.EOFException;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.ForkingPickler;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.Threads;
import org.multiprocessing4j.util.Message;

/** What this process keeps for who receives a message: as long as there is the message, and no longer. */
class ResourceSharerTest {

    private static final String THREAD = "multiprocessing resource sharer";
    private static final String GONE = "a descriptor is not there any more";

    private static final int EPIPE = 32;

    private record Both(Connection connection, Object other) implements Serializable {}

    /** Counts how often it is written. */
    private static final class Counting implements Serializable {
        private static final long serialVersionUID = 1L;

        private static final AtomicInteger WRITTEN = new AtomicInteger();

        private final Connection connection;

        Counting(Connection connection) {
            this.connection = connection;
        }

        private void writeObject(ObjectOutputStream out) throws IOException {
            WRITTEN.incrementAndGet();
            out.defaultWriteObject();
        }
    }

    static long threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals(THREAD)).count();
    }

    /** The descriptors of this process, once nothing is kept for anybody. */
    private static int descriptors() {
        awaitNoThread();
        return ProcFs.descriptors();
    }

    private static void awaitNoThread() {
        Awaitility.await().atMost(Gate.PATIENCE).pollDelay(Duration.ZERO).until(() -> threads() == 0);
    }

    private static Connection received(byte[] message) {
        return (Connection) ForkingPickler.loads(message, null);
    }

    private static void assertWorks(Pipe pipe) throws IOException {
        try (Connection copy = received(ForkingPickler.dumps(pipe.writer()))) {
            copy.send("hello");
        }
        assertThat(pipe.reader().recv()).isEqualTo("hello");
    }

    @Test
    void aPutThatFailsKeepsNothing() throws Exception {
        try (Queue<Object> queue = new Queue<>(1); Pipe pipe = Pipe.open(false)) {
            queue.put("full");
            int before = descriptors();
            Object message = new Both(pipe.writer(), "x");
            assertThat(queue.offer(message)).isFalse();
            assertThat(queue.offer(message, 20, TimeUnit.MILLISECONDS)).isFalse();
            Threads.assertInterruptible(() -> {
                queue.put(message);
                return null;
            });
            assertThatIllegalArgumentException().isThrownBy(() -> queue.put(new Both(pipe.writer(), new Object())));
            assertThatExceptionOfType(EOFException.class).isThrownBy(() -> queue.putOrEof(message));
            assertThat(descriptors()).isEqualTo(before);
            assertThat(queue.get()).isEqualTo("full");
            assertThat(queue.offer(message)).isTrue();
            ((Both) queue.get()).connection().close();
            assertThat(descriptors()).isEqualTo(before);
        }
    }

    @Test
    void whoWaitsForRoomOrTheEndWritesOnce() {
        try (Queue<Object> queue = new Queue<>(1); Pipe pipe = Pipe.open(false)) {
            queue.add("full");
            Counting.WRITTEN.set(0);
            assertThatExceptionOfType(EOFException.class)
                    .isThrownBy(() -> queue.putOrEof(new Counting(pipe.writer())));
            assertThat(Counting.WRITTEN).hasValue(1);
        }
    }

    @Test
    void aSendThatFailsKeepsNothing() {
        try (Pipe way = Pipe.open(false); Pipe pipe = Pipe.open(false)) {
            int before = descriptors();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> way.writer().send(new Both(pipe.writer(), new Object())));
            assertThat(descriptors()).isEqualTo(before);
            way.reader().close();
            assertThatExceptionOfType(OSException.class).isThrownBy(() -> way.writer().send(pipe.writer()))
                    .matches(e -> e.errno() == EPIPE);
            assertThat(descriptors()).isEqualTo(before - 1);
        }
    }

    @Test
    void whatCannotBeSerializedKeepsNothing() throws IOException {
        try (Pipe pipe = Pipe.open(false)) {
            int before = descriptors();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ForkingPickler.dumps(new Both(pipe.writer(), new Object())));
            assertThat(descriptors()).isEqualTo(before);
            pipe.writer().close();
            assertThatIllegalStateException().isThrownBy(() -> ForkingPickler.dumps(pipe.writer()));
            assertThat(descriptors()).isEqualTo(before - 1);
        }
    }

    /** What one message gives back is not what another one waits for. */
    @Test
    void aFailureLeavesWhatIsKeptForOthers() throws IOException {
        try (Pipe pipe = Pipe.open(false)) {
            byte[] message = ForkingPickler.dumps(pipe.writer());
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ForkingPickler.dumps(new Both(pipe.writer(), new Object())));
            try (Connection copy = received(message)) {
                copy.send("hello");
            }
            assertThat(pipe.reader().recv()).isEqualTo("hello");
        }
    }

    @Test
    void threadsThatShareAtOnceDoItTogether() throws Exception {
        try (Pipe pipe = Pipe.open(false)) {
            for (int round = 0; round < 50; round++) {
                awaitNoThread();
                CyclicBarrier start = new CyclicBarrier(4);
                List<CompletableFuture<byte[]>> sharers = IntStream.range(0, 4)
                        .mapToObj(i -> Threads.supplyAsync(() -> {
                            try {
                                start.await();
                            } catch (Exception e) {
                                throw new IllegalStateException(e);
                            }
                            return ForkingPickler.dumps(pipe.writer());
                        })).toList();
                List<byte[]> messages = sharers.stream().map(CompletableFuture::join).toList();
                assertThat(threads()).isOne();
                messages.forEach(message -> received(message).close());
            }
        }
    }

    /** Neither the copies nor the socket. */
    @Test
    void aForkedChildHasNothingOfWhatItsParentKeeps() throws IOException {
        try (Pipe pipe = Pipe.open(false)) {
            Process.Target tellDescriptors = () -> System.exit(ProcFs.descriptors());
            int before = Child.run(Multiprocessing.getContext("fork").process(tellDescriptors));
            assertThat(before).isBetween(3, 250);
            List<byte[]> messages = IntStream.range(0, 3).mapToObj(i -> ForkingPickler.dumps(pipe.writer())).toList();
            try {
                assertThat(Child.run(Multiprocessing.getContext("fork").process(tellDescriptors)))
                        .isLessThanOrEqualTo(before);
                assertThat(Child.run(Multiprocessing.getContext("fork").process(() -> assertWorks(pipe)))).isZero();
            } finally {
                messages.forEach(message -> received(message).close());
            }
            assertWorks(pipe);
        }
    }

    @Test
    void withoutMemoryForItsThreadNothingIsKept() {
        JavaProgram.Outcome outcome = JavaProgram.of(SharerPrograms.NoThread.class)
                .flags("-Xss64m", "-Xlog:disable").run();
        assertThat(outcome.out().lines()).containsExactly("hello", "no memory", "left: {}", "hello");
        assertThat(outcome.code()).isZero();
    }

    @Test
    void anErrorEndsItWithAllThatItKeeps() throws Exception {
        try (Pipe pipe = Pipe.open(false)) {
            int before = descriptors();
            Logger logger = Logger.getLogger("org.multiprocessing4j");
            Handler failing = new Failing();
            Thread.UncaughtExceptionHandler usual = Thread.getDefaultUncaughtExceptionHandler();
            CompletableFuture<Throwable> end = new CompletableFuture<>();
            Thread.setDefaultUncaughtExceptionHandler((thread, e) -> end.complete(e));
            logger.addHandler(failing);
            byte[] message;
            try (Message kept = new Message()) {
                Passage.Shared shared = ResourceSharer.share(pipe.writer().handle(), kept);
                kept.sent();
                message = ForkingPickler.dumps(pipe.writer());
                byte[] authkey = Multiprocessing.currentProcess().authkey();
                try (Connection other = Client.connect(Address.of(shared.address()), authkey)) {
                    other.sendBytes(new byte[1000]); // no number is that long
                    assertThat(end.get(Gate.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(InternalError.class);
                }
            } finally {
                logger.removeHandler(failing);
                Thread.setDefaultUncaughtExceptionHandler(usual);
            }
            assertThat(descriptors()).isEqualTo(before);
            assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> received(message))
                    .withMessageContaining(GONE);
            assertWorks(pipe);
        }
    }

    private static final class Failing extends Handler {
        @Override
        public void publish(LogRecord record) {
            throw new InternalError("of a handler");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void whyADescriptorCannotBeReceivedIsSaid() {
        JavaProgram.Outcome outcome = JavaProgram.of(SharerPrograms.NoDescriptors.class).after("ulimit -n 100").run();
        List<String> lines = outcome.out().lines().toList();
        assertThat(lines).hasSize(5).startsWith("hello").endsWith("received true");
        assertThat(lines.get(1)).startsWith(GONE);
        assertThat(lines.get(2)).isEqualTo("all taken");
        assertThat(lines.get(3)).contains("Too many open files").doesNotContain(GONE);
        assertThat(outcome.code()).isZero();
    }

    @Test
    void whoHasAnotherKeyIsToldSo() {
        Process self = Multiprocessing.currentProcess();
        byte[] authkey = self.authkey();
        try (Pipe pipe = Pipe.open(false)) {
            byte[] message = ForkingPickler.dumps(pipe.writer());
            self.setAuthkey(new byte[] {1});
            try {
                assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> received(message))
                        .havingCause().withCauseInstanceOf(AuthenticationException.class)
                        .withMessageContaining("digest").withMessageNotContaining(GONE);
            } finally {
                self.setAuthkey(authkey);
            }
            received(message).close();
        }
    }
}
