package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.connection.DupFd;
import org.multiprocessing4j.connection.Pipe;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.Targets;
import org.multiprocessing4j.support.Threads;
import org.multiprocessing4j.util.Handover;

/** Serialization of a process for its child. */
class ReductionTest {

    private static byte[] dumps(Process process) {
        return Handover.send(new Handover(), () -> Reduction.dumps(process));
    }

    @Test
    void aProcessComesBackAsItWas() throws Exception {
        Process process = Process.builder().name("bob").daemon(true).target(Targets.nothing()).build();
        byte[] bytes = dumps(process);
        Process copy = Reduction.loads(bytes);
        assertThat(bytes).hasSizeLessThan(3000);
        assertThat(copy.name()).isEqualTo("bob");
        assertThat(copy.daemon()).isTrue();
        assertThat(copy.authkey()).isEqualTo(process.authkey());
        assertThat(copy.pid()).isNull();
    }

    @Test
    void whatCannotTravelIsNamedTogetherWithTheProcess() {
        Process process = Process.builder().name("bob").target((a, b) -> {}, "fine", List.of(new Object())).build();
        assertThatIllegalArgumentException().isThrownBy(() -> dumps(process))
                .withMessageStartingWith("cannot start bob: java.lang.Object is not serializable: target.b")
                .withCauseInstanceOf(NotSerializableException.class);
    }

    @Test
    void anythingThatSharesMemoryNeedsAProcessThatIsBeingStarted() {
        for (Object shared : List.of(new Lock(), new RLock(), Value.of('i', 1), Array.of('i', 1), RawValue.of('i'),
                RawArray.of('i', 1), Process.of(Targets.nothing()))) {
            assertThatIllegalStateException().as(shared.toString()).isThrownBy(() -> writeAlone(shared))
                    .withMessageContaining("should only be shared between processes through inheritance");
        }
    }

    private static void writeAlone(Object object) throws IOException {
        try (ObjectOutputStream out = new ObjectOutputStream(OutputStream.nullOutputStream())) {
            out.writeObject(object);
        }
    }

    private static final class Broken implements Serializable {
        private static final long serialVersionUID = 1L;

        private void writeObject(ObjectOutputStream out) throws IOException {
            throw new InvalidObjectException("out of order");
        }
    }

    @Test
    void whatFailsToWriteItselfSaysSo() {
        Process process = Process.builder().name("bob").target(x -> {}, new Broken()).build();
        assertThatThrownBy(process::start).isInstanceOf(UncheckedIOException.class)
                .hasMessage("cannot start bob").hasRootCauseMessage("out of order");
        assertThat(process.pid()).isNull();
        assertThatIllegalStateException().as("the handover is over").isThrownBy(() -> writeAlone(new Lock()));
    }

    @Test
    void whatIsClosedCannotTravel() {
        Value<Object> closed = Value.of('i', 1);
        closed.close();
        assertThatIllegalStateException().isThrownBy(() -> Process.of(v -> {}, closed).start())
                .withMessageContaining("closed");
    }

    /** The child gets it, or it is said to be closed; never what has its number by then. */
    @Test
    void whatIsClosedMeanwhileIsNoOther() throws Exception {
        for (int round = 0; round < 300; round++) {
            Pipe pipe = Pipe.open(false);
            DupFd fd = new DupFd(pipe.reader().fileno());
            CyclicBarrier start = new CyclicBarrier(2);
            CompletableFuture<Void> closer = Threads.runAsync(() -> {
                await(start);
                pipe.close();
                fd.close();
                for (int i = 0; i < 4; i++) {
                    Pipe.open(true).close();
                }
            });
            try (Handover handover = new Handover()) {
                await(start);
                for (Object one : List.of(pipe.reader(), pipe.writer(), fd)) {
                    handOver(handover, one);
                }
                assertThat(handover.descriptors()).allSatisfy(
                        copy -> assertThat(ProcFs.openFiles().get(copy)).startsWith("pipe:"));
            }
            closer.join();
        }
    }

    private static void handOver(Handover handover, Object object) {
        try {
            Handover.send(handover, () -> Reduced.of(object));
        } catch (IllegalStateException e) {
            assertThat(e).hasMessage("handle is closed");
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }
}
