package org.multiprocessing4j.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.EOFException;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Threads;

/** Connections between processes, with each start method. */
class ConnectionProcessTest {

    private static final int EPROTO = 71;

    /** @param unused the other end, which a forked child has in any case */
    static void echo(Connection connection, Connection unused) throws IOException {
        unused.close();
        try {
            while (true) {
                connection.send(connection.recv());
            }
        } catch (EOFException e) {
            connection.close();
        }
    }

    static void count(Connection writer, int limit) throws IOException {
        for (int i = 0; i < limit; i++) {
            writer.send(i);
        }
        writer.close();
    }

    static void sendForEver(Connection writer, int size) {
        byte[] message = new byte[size];
        while (true) {
            writer.sendBytes(message);
        }
    }

    static void sendPipe(Connection way) throws IOException {
        try (Pipe pipe = Pipe.open()) {
            way.send(pipe.second());
            pipe.second().close();
            pipe.first().send("through what I sent");
            way.recv(); // until it was received
        }
    }

    @StartMethods
    void aChildAnswers(Context context) throws IOException {
        try (Pipe pipe = Pipe.open();
                Child child = Child.start(context.builder()
                        .target(ConnectionProcessTest::echo, pipe.second(), pipe.first()).build())) {
            pipe.second().close();
            for (Object object : List.of(1, "two", 3.5, List.of("four", 5L), new byte[] {6})) {
                pipe.first().send(object);
                assertThat(pipe.first().recv()).isEqualTo(object);
            }
            pipe.first().close();
            assertThat(child.exitcode()).isZero();
        }
    }

    @StartMethods
    void theEndComesWhenTheChildHasEnded(Context context) throws IOException {
        try (Pipe pipe = Pipe.open(false);
                Child child = Child.start(context.builder()
                        .target(ConnectionProcessTest::count, pipe.writer(), 1000).build())) {
            pipe.writer().close();
            for (int i = 0; i < 1000; i++) {
                assertThat(pipe.reader().recv()).isEqualTo(i);
            }
            assertThatExceptionOfType(EOFException.class).isThrownBy(pipe.reader()::recv);
            assertThat(child.exitcode()).isZero();
        }
    }

    @StartMethods
    void aKilledSenderIsTheEndOrAnError(Context context) throws IOException {
        for (int round = 0; round < 5; round++) {
            try (Pipe pipe = Pipe.open(false);
                    Child child = Child.start(context.builder()
                            .target(ConnectionProcessTest::sendForEver, pipe.writer(), 150_000).build())) {
                pipe.writer().close();
                assertThat(pipe.reader().recvBytes()).hasSize(150_000);
                Posix.kill(child.pid(), Posix.SIGKILL);
                assertThat(drain(pipe.reader())).isIn(0, EPROTO);
            }
        }
    }

    /** What ended it: 0 for the end between two messages, else errno. */
    private static int drain(Connection reader) {
        try {
            while (true) {
                assertThat(reader.recvBytes()).hasSize(150_000);
            }
        } catch (EOFException e) {
            return 0;
        } catch (OSException e) {
            return e.errno();
        }
    }

    @StartMethods
    void aChildSendsAConnection(Context context) throws IOException {
        try (Pipe way = Pipe.open();
                Child child = Child.start(context.builder()
                        .target(ConnectionProcessTest::sendPipe, way.second()).build())) {
            way.second().close();
            try (Connection received = way.first().recv(Connection.class)) {
                assertThat(received.recv()).isEqualTo("through what I sent");
                way.first().send("thanks");
                assertThat(child.exitcode()).isZero();
                assertThatExceptionOfType(EOFException.class).isThrownBy(received::recv);
            }
        }
    }

    @StartMethods
    void waitsForProcessesAndConnections(Context context) throws Exception {
        Gate running = new Gate();
        Gate end = new Gate();
        try (Pipe pipe = Pipe.open(false);
                Child child = Child.start(context.builder().target((Gate a, Gate b) -> {
                    a.open();
                    b.pass();
                }, running, end).build())) {
            running.pass();
            List<Object> all = List.of(pipe.reader(), child.process(), child.process().sentinel());
            assertThat(Connection.wait(all, Duration.ZERO)).isEmpty();
            end.open();
            assertThat(Connection.wait(all, Gate.PATIENCE))
                    .containsExactly(child.process(), child.process().sentinel());
        }
    }

    @StartMethods
    void aThreadThatReceivesDoesNotKeepAForkedCopyOpen(Context context) throws Exception {
        try (Pipe pipe = Pipe.open()) {
            CompletableFuture<Object> receiver = Threads.supplyAsync(() -> {
                try {
                    return pipe.first().recv();
                } catch (IOException e) {
                    return e;
                }
            });
            int exitcode = Child.run(context.builder().target((Connection ours, Connection theirs) -> {
                theirs.close();
                ours.send("from the child");
                ours.close();
            }, pipe.second(), pipe.first()).build());
            assertThat(exitcode).isZero();
            assertThat(receiver.get()).isEqualTo("from the child");
        }
    }

    @StartMethods
    void manyChildrenAtOnce(Context context) throws Exception {
        List<Pipe> pipes = IntStream.range(0, 4).mapToObj(i -> Pipe.open(false)).toList();
        List<Child> children = pipes.stream().map(pipe -> Child.start(context.builder()
                .target(ConnectionProcessTest::count, pipe.writer(), 100).build())).toList();
        pipes.forEach(pipe -> pipe.writer().close());
        List<Connection> open = new ArrayList<>(pipes.stream().map(Pipe::reader).toList());
        int messages = 0;
        while (!open.isEmpty()) {
            for (Connection ready : Connection.wait(List.copyOf(open), Gate.PATIENCE)) {
                try {
                    ready.recv();
                    messages++;
                } catch (EOFException e) {
                    open.remove(ready);
                }
            }
        }
        assertThat(messages).isEqualTo(400);
        assertThat(children).extracting(Child::exitcode).containsOnly(0);
        children.forEach(Child::close);
        pipes.forEach(Pipe::close);
    }

    @Test
    void travelsToNobodyElse() {
        Pipe pipe = Pipe.open();
        assertThatIllegalStateException().isThrownBy(() -> {
            try (ObjectOutputStream out = new ObjectOutputStream(OutputStream.nullOutputStream())) {
                out.writeObject(pipe.first());
            }
        }).withMessageContaining("should only be shared between processes through inheritance");
        pipe.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> Process.of(ConnectionProcessTest::echo, pipe.first(), pipe.second()).start())
                .withMessage("handle is closed");
    }
}
