package org.multiprocessing4j.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.EOFException;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.ForkingPickler;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.support.Gate;

/** User code that takes part in making or reading a message, and sends another one meanwhile. */
class NestedMessagesTest {

    /** What an object does while it is written or read. */
    @FunctionalInterface
    private interface Action {
        void run(Connection connection) throws IOException;
    }

    private static Action whileWritten;
    private static Action whileRead;

    /** Takes a connection with it. */
    private static final class Active implements Serializable {
        private static final long serialVersionUID = 1L;

        private final Connection connection;

        Active(Connection connection) {
            this.connection = connection;
        }

        private void writeObject(ObjectOutputStream out) throws IOException {
            if (whileWritten != null) {
                whileWritten.run(connection);
            }
            out.defaultWriteObject();
        }

        private Object readResolve() {
            try {
                if (whileRead != null) {
                    whileRead.run(connection);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return this;
        }
    }

    /** Has a connection in bytes of its own. */
    private record Packed(byte[] bytes) implements Serializable {
        Connection unpack() {
            return (Connection) ForkingPickler.loads(bytes, null);
        }
    }

    private static Active send(Pipe way, Connection connection, Action written, Action read) throws IOException {
        whileWritten = written;
        whileRead = read;
        try {
            way.first().send(new Active(connection));
            return (Active) way.second().recv();
        } finally {
            whileWritten = null;
            whileRead = null;
        }
    }

    private static void assertWorks(Connection writer, Pipe pipe) throws IOException {
        writer.send("hello");
        writer.close();
        assertThat(pipe.reader().recv()).isEqualTo("hello");
    }

    private static void assertEnds(Pipe pipe) throws InterruptedException {
        pipe.writer().close();
        assertThat(pipe.reader().poll(Gate.PATIENCE)).as("no copy is open").isTrue();
        assertThatExceptionOfType(EOFException.class).isThrownBy(pipe.reader()::recv);
    }

    @Test
    void whatIsQueuedWhileAMessageIsMadeIsNoPartOfIt() throws Exception {
        try (Pipe way = Pipe.open(); Pipe pipe = Pipe.open(false); Queue<Object> queue = new Queue<>()) {
            Active received = send(way, pipe.writer(), queue::add, null);
            assertWorks(received.connection, pipe);
            assertWorks((Connection) queue.get(), pipe);
            assertEnds(pipe);
        }
    }

    @Test
    void whatIsQueuedWhileAMessageIsReadHasAllThatItNeeds() throws Exception {
        try (Pipe way = Pipe.open(); Pipe pipe = Pipe.open(false); Queue<Object> queue = new Queue<>()) {
            Active received = send(way, pipe.writer(), null, queue::add);
            assertWorks(received.connection, pipe);
            assertWorks((Connection) queue.get(), pipe);
            assertEnds(pipe);
        }
    }

    @Test
    void whatIsSentWhileAMessageIsMadeOrReadHasAllThatItNeeds() throws Exception {
        try (Pipe way = Pipe.open(); Pipe other = Pipe.open(); Pipe oneWay = Pipe.open(false);
                Pipe pipe = Pipe.open(false)) {
            Active received = send(way, pipe.writer(), other.first()::send, oneWay.writer()::send);
            assertWorks(received.connection, pipe);
            assertWorks((Connection) other.second().recv(), pipe);
            assertWorks((Connection) oneWay.reader().recv(), pipe);
            assertEnds(pipe);
        }
    }

    @Test
    void nothingIsAddedToAMessageThatIsRead() throws Exception {
        try (Pipe way = Pipe.open(); Pipe pipe = Pipe.open(false)) {
            Active received = send(way, pipe.writer(), null, connection ->
                    assertThatIllegalStateException().isThrownBy(() -> write(connection)));
            assertWorks(received.connection, pipe);
            assertEnds(pipe);
        }
    }

    private static void write(Object object) throws IOException {
        try (ObjectOutputStream out = new ObjectOutputStream(OutputStream.nullOutputStream())) {
            out.writeObject(object);
        }
    }

    /** What is pickled on the way is a part of it, and fails with it. */
    @Test
    void whatIsPickledWhileAMessageIsMadeIsAPartOfIt() throws Exception {
        try (Pipe pipe = Pipe.open(false); Queue<Object> queue = new Queue<>(1)) {
            queue.add("full");
            Packed[] packed = new Packed[1];
            whileWritten = connection -> packed[0] = new Packed(ForkingPickler.dumps(connection));
            try {
                assertThat(queue.offer(new Active(pipe.writer()))).isFalse();
                assertThat(Arrays.asList(packed)).doesNotContainNull();
                assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(packed[0]::unpack);
                assertThat(queue.get()).isEqualTo("full");
                queue.add(new Active(pipe.writer()));
                assertWorks(packed[0].unpack(), pipe);
                ((Active) queue.get()).connection.close();
            } finally {
                whileWritten = null;
            }
            assertEnds(pipe);
        }
    }
}
