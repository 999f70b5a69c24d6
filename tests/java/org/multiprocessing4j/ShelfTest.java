package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.InvalidClassException;
import java.io.ObjectInputFilter;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.StartMethods;

/** What a thread has copied of a queue before it takes it. */
class ShelfTest {

    private static int onShelf() {
        Scratch scratch = Scratch.take();
        try {
            return scratch.shelf().size();
        } finally {
            scratch.release();
        }
    }

    private static void putAll(BasicQueue<Integer> queue, int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            queue.put(i);
        }
    }

    /** Takes numbers that follow each other, until so many are copied. @return the next number */
    private static int takeUntilCopied(BasicQueue<Integer> queue, int first, int copies) throws InterruptedException {
        int next = first;
        while (onShelf() < copies) {
            assertThat(queue.get()).isEqualTo(next);
            next++;
        }
        return next;
    }

    private static void takeRest(BasicQueue<Integer> queue, int first, int end) throws InterruptedException {
        for (int i = first; i < end; i++) {
            assertThat(queue.get()).isEqualTo(i);
        }
        assertThat(queue.empty()).isTrue();
        assertThat(queue.poll()).isNull();
    }

    @Test
    void whatIsCopiedIsInTheQueueStill() throws InterruptedException {
        Queue<Integer> queue = new Queue<>();
        putAll(queue, 200);
        int most = 0;
        for (int i = 0; i < 200; i++) {
            assertThat(queue.qsize()).isEqualTo(200 - i);
            assertThat(queue.peek()).isEqualTo(i);
            assertThat(queue.get()).isEqualTo(i);
            most = Math.max(most, onShelf());
        }
        assertThat(most).isEqualTo(32);
        assertThat(queue.poll()).isNull();
    }

    @Test
    void oneThreadTakesFromTwoInTurns() throws InterruptedException {
        Queue<Integer> one = new Queue<>();
        SimpleQueue<Integer> other = new SimpleQueue<>();
        putAll(one, 1000);
        putAll(other, 1000);
        int next = takeUntilCopied(one, 0, 10);
        int nextOther = takeUntilCopied(other, 0, 32);
        for (int i = 0; i < 100; i++) {
            assertThat(one.get()).isEqualTo(next++);
            assertThat(other.get()).isEqualTo(nextOther++);
        }
        takeRest(one, next, 1000);
        takeRest(other, nextOther, 1000);
    }

    private static void take(Queue<Integer> queue, RawArray<Integer> taken, int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            taken.getAndAdd(queue.get(), 1);
        }
    }

    /** A forked child has its parent's copies. */
    @StartMethods
    void whatAnotherTookIsNotTakenAgain(Context context) throws InterruptedException {
        int count = 10_000;
        Queue<Integer> queue = new Queue<>();
        RawArray<Integer> taken = RawArray.of(CType.INT, count);
        putAll(queue, count);
        int next = takeUntilCopied(queue, 0, 7);
        assertThat(Child.run(context.builder().target(ShelfTest::take, queue, taken, 100).build())).isZero();
        assertThat(onShelf()).isEqualTo(7);
        next = takeUntilCopied(queue, next + 100, 7);
        int rest = (count - next) / 2;
        try (Child child = Child.start(context.builder().target(ShelfTest::take, queue, taken, rest).build())) {
            take(queue, taken, count - next - rest);
            assertThat(child.exitcode()).isZero();
        }
        assertThat(queue.empty()).isTrue();
        assertThat(IntStream.range(next, count).filter(i -> taken.getInt(i) != 1)).as("not taken once").isEmpty();
    }

    private static void copyAndWait(Queue<Integer> queue, RawValue<Integer> next, Gate copied, Gate never)
            throws InterruptedException {
        next.setInt(takeUntilCopied(queue, 0, 20));
        copied.open();
        never.pass();
    }

    @StartMethods
    void theCopiesOfTheDeadAreNotLost(Context context) throws InterruptedException {
        Queue<Integer> queue = new Queue<>();
        RawValue<Integer> next = RawValue.of(CType.INT, 0);
        Gate copied = new Gate();
        putAll(queue, 200);
        try (Child child = Child.start(
                context.builder().target(ShelfTest::copyAndWait, queue, next, copied, new Gate()).build())) {
            copied.pass();
            Posix.kill(child.pid(), Posix.SIGKILL);
            assertThat(child.exitcode()).isEqualTo(-Posix.SIGKILL);
        }
        takeRest(queue, next.getInt(), 200);
        assertThat(queue.lost()).isZero();
    }

    /** It waits for room each few messages. */
    @StartMethods
    void whoWaitsForRoomIsWoken(Context context) throws InterruptedException {
        for (Queue<Integer> queue : List.of(new Queue<Integer>(50), new Queue<Integer>(0, 4096))) {
            try (Child child = Child.start(context.builder().target(ShelfTest::putAll, queue, 20_000).build())) {
                for (int i = 0; i < 20_000; i++) {
                    assertThat(queue.get(Gate.PATIENCE)).isEqualTo(i);
                }
                assertThat(child.exitcode()).isZero();
            }
        }
    }

    @Test
    void anInterruptLeavesThemThere() throws InterruptedException {
        Queue<Integer> queue = new Queue<>();
        putAll(queue, 100);
        int next = takeUntilCopied(queue, 0, 5);
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(queue::get);
        assertThat(Thread.interrupted()).isFalse();
        takeRest(queue, next, 100);
    }

    @Test
    void afterCloseThereAreNone() throws InterruptedException {
        Queue<Integer> queue = new Queue<>();
        putAll(queue, 100);
        takeUntilCopied(queue, 0, 5);
        queue.close();
        assertThatIllegalStateException().isThrownBy(queue::get).withMessage("Queue is closed");
        Queue<Integer> next = new Queue<>();
        putAll(next, 100);
        takeRest(next, 0, 100);
    }

    private static Void takeUntilClosed(Queue<byte[]> queue, CountDownLatch underway) {
        try {
            for (int i = 0;; i++) {
                if (queue.poll() == null) {
                    queue.offer(new byte[10]);
                }
                if (i == 100) {
                    underway.countDown();
                }
            }
        } catch (IllegalStateException closed) {
            return null;
        }
    }

    /** The memory is given back while somebody is about to take a message without a native call. */
    @Test
    void closedWhileOthersTake() throws Exception {
        int before = ProcFs.descriptors();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 200; round++) {
                Queue<byte[]> queue = new Queue<>();
                for (int i = 0; i < 2_000; i++) {
                    queue.put(new byte[10]);
                }
                CountDownLatch underway = new CountDownLatch(2);
                List<Future<Void>> takers = List.of(
                        threads.submit(() -> takeUntilClosed(queue, underway)),
                        threads.submit(() -> takeUntilClosed(queue, underway)));
                assertThat(underway.await(Gate.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
                queue.close();
                for (Future<Void> taker : takers) {
                    taker.get(Gate.PATIENCE.toSeconds(), TimeUnit.SECONDS);
                }
                assertThat(ProcFs.descriptors()).as("after round %d", round).isEqualTo(before);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Takes more messages while it is read itself. */
    private static final class Greedy implements Serializable {
        private static final long serialVersionUID = 1L;

        private static Queue<Object> queue;

        private Object readResolve() {
            return List.of(queue.poll(), queue.poll(), queue.poll());
        }
    }

    @Test
    void aMessageThatTakesTheNextOnes() throws InterruptedException {
        Queue<Object> queue = new Queue<>();
        Greedy.queue = queue;
        List<Object> taken = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            queue.put(i);
        }
        for (int i = 20; i < 40; i += 4) {
            queue.put(new Greedy());
            for (int k = 1; k < 4; k++) {
                queue.put(i + k);
            }
        }
        for (int i = 0; i < 20; i++) {
            taken.add(queue.get());
        }
        assertThat(taken).isEqualTo(IntStream.range(0, 20).boxed().toList());
        assertThat(onShelf()).isPositive();
        for (int i = 20; i < 40; i += 4) {
            assertThat(queue.get()).isEqualTo(List.of(i + 1, i + 2, i + 3));
        }
        assertThat(queue.poll()).isNull();
        Greedy.queue = null;
    }

    @Test
    void aFilterHoldsForThemAsWell() throws InterruptedException {
        Queue<Object> queue = new Queue<>();
        for (int i = 0; i < 10; i++) {
            queue.put(Duration.ofSeconds(i));
        }
        int next = 0;
        while (onShelf() < 2) {
            assertThat(queue.get()).isEqualTo(Duration.ofSeconds(next++));
        }
        queue.setObjectInputFilter(ObjectInputFilter.Config.createFilter("!*"));
        assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(queue::poll)
                .withCauseInstanceOf(InvalidClassException.class);
        queue.setObjectInputFilter(ObjectInputFilter.Config.createFilter("java.base/*;!*"));
        assertThat(queue.poll()).as("that one is gone").isEqualTo(Duration.ofSeconds(next + 1));
    }
}
