package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.connection.Connection;
import org.multiprocessing4j.connection.Pipe;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.Threads;
import org.multiprocessing4j.util.Handover;

/** What a child gets beside its serialized process. */
class HandoverTest {

    @Test
    void numbersEachDescriptorOnce() {
        Handover handover = new Handover();
        assertThat(handover.add(500, "a")).isZero();
        assertThat(handover.add(7, "b")).isEqualTo(1);
        assertThat(handover.add(500, "c")).isZero();
        assertThat(handover.descriptors()).containsExactly(500, 7);
        assertThat(handover.kept()).as("what keeps them open").containsExactly("a", "b", "c");
    }

    @Test
    void isThereWhileItIsSent() {
        Handover handover = new Handover();
        assertThat(Handover.send(handover, () -> Handover.sending("x"))).isSameAs(handover);
        assertNotSending();
    }

    @Test
    void isOverAfterAFailureToo() {
        assertThatThrownBy(() -> Handover.send(new Handover(), () -> {
            throw new IOException("no");
        })).isInstanceOf(IOException.class);
        assertNotSending();
    }

    @Test
    void oneWithinTheOtherEndsBeforeIt() {
        Handover outer = new Handover();
        Handover inner = new Handover();
        Handover.send(outer, () -> {
            Handover.send(inner, () -> assertThat(Handover.sending("x")).isSameAs(inner));
            return assertThat(Handover.sending("x")).isSameAs(outer);
        });
        assertNotSending();
    }

    /** What user code sends while a process is being written has nothing to do with that process. */
    @Test
    void aMessageWithinItIsNoPartOfIt() throws Exception {
        Handover handover = new Handover();
        try (Queue<Object> queue = new Queue<>(); Pipe pipe = Pipe.open(false); Pipe both = Pipe.open()) {
            Handover.send(handover, () -> {
                queue.put(pipe.writer());
                assertThatIllegalStateException().isThrownBy(() -> queue.put(List.of(new Lock())));
                assertThatIllegalStateException().isThrownBy(() -> both.first().send(new Lock()));
                both.first().send(pipe.writer());
                return null;
            });
            assertThat(handover.descriptors()).isEmpty();
            for (Object received : List.of(queue.get(), both.second().recv())) {
                try (Connection copy = (Connection) received) {
                    copy.send("hello");
                }
                assertThat(pipe.reader().recv()).isEqualTo("hello");
            }
        }
    }

    @Test
    void allIsDoneInTheEndWhateverFails() {
        Handover handover = new Handover();
        List<Integer> done = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int number = i;
            handover.afterwards(() -> {
                done.add(number);
                if (number % 2 == 1) {
                    throw new IllegalStateException("number " + number);
                }
            });
        }
        assertThatIllegalStateException().isThrownBy(handover::close).withMessage("number 1")
                .satisfies(e -> assertThat(e.getSuppressed()).singleElement().asString().contains("number 3"));
        handover.close();
        assertThat(done).containsExactly(0, 1, 2, 3);
    }

    @Test
    void isAThreadsOwn() {
        CompletableFuture<Void> other = Handover.send(
                new Handover(), () -> Threads.runAsync(HandoverTest::assertNotSending));
        assertThat(other).succeedsWithin(Gate.PATIENCE);
    }

    private static void assertNotSending() {
        assertThatIllegalStateException().isThrownBy(() -> Handover.sending("x objects")).withMessage("x objects should"
                + " only be shared between processes through inheritance: pass it to a Process");
    }

    @Test
    void theChildLooksUpWhatItReceived() {
        Handover.receive(new int[] {30, 40});
        try {
            assertThat(Handover.received(0)).isEqualTo(30);
            assertThat(Handover.received(1)).isEqualTo(40);
        } finally {
            Handover.receive(new int[0]);
        }
    }

    @Test
    void sharedObjectsOfOneArenaNeedOneDescriptor() {
        Lock lock = new Lock();
        Lock neighbour = new Lock();
        Handover handover = new Handover();
        Handover.send(handover, () -> Reduction.dumps(Process.of((a, b) -> {}, lock, neighbour)));
        assertThat(handover.descriptors()).doesNotHaveDuplicates()
                .contains(lock.handle().fd(), neighbour.handle().fd());
        assertThat(handover.kept()).hasSize(2);
    }
}
