package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.multiprocessing4j.SemLockContract.MOMENT;
import static org.multiprocessing4j.SemLockContract.inThread;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Threads;

/** Barriers. */
class BarrierTest {

    private static void awaitWaiting(Barrier barrier, int count) {
        Awaitility.await().pollInterval(Duration.ofMillis(2)).atMost(Gate.PATIENCE)
                .until(() -> barrier.nWaiting() == count);
    }

    private static void assertBroken(CompletableFuture<?> wait) {
        assertThat(wait).failsWithin(Gate.PATIENCE).withThrowableThat()
                .havingRootCause().isInstanceOf(BrokenBarrierException.class);
    }

    @Test
    void letsAllPassTogetherWithANumberEach() throws Exception {
        Barrier barrier = new Barrier(3);
        for (int round = 0; round < 10; round++) {
            List<CompletableFuture<Integer>> others = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                others.add(inThread("party " + i, barrier::await));
            }
            awaitWaiting(barrier, 2);
            assertThat(others).noneMatch(CompletableFuture::isDone);
            int mine = barrier.await();
            assertThat(List.of(mine, others.get(0).get(), others.get(1).get())).containsExactlyInAnyOrder(0, 1, 2);
        }
        assertThat(barrier.parties()).isEqualTo(3);
        assertThat(barrier.nWaiting()).isZero();
        assertThat(barrier.broken()).isFalse();
    }

    @Test
    void oneRunsTheAction() throws Exception {
        RawValue<Integer> runs = RawValue.of(CType.INT, 0);
        Barrier barrier = new Barrier(2, () -> runs.getAndAdd(1));
        for (int round = 1; round <= 3; round++) {
            CompletableFuture<Integer> other = inThread("other", barrier::await);
            awaitWaiting(barrier, 1);
            assertThat(runs.getInt()).isEqualTo(round - 1);
            barrier.await();
            assertThat(runs.getInt()).isEqualTo(round);
            assertThat(other).succeedsWithin(Gate.PATIENCE);
        }
    }

    @Test
    void anActionThatFailsBreaksIt() {
        Barrier barrier = new Barrier(2, () -> {
            throw new UnsupportedOperationException("no action");
        });
        CompletableFuture<Integer> other = inThread("other", barrier::await);
        awaitWaiting(barrier, 1);
        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(barrier::await)
                .withMessage("no action");
        assertBroken(other);
        assertThat(barrier.broken()).isTrue();
    }

    @Test
    void abortBreaksAndResetMends() throws Exception {
        Barrier barrier = new Barrier(2);
        CompletableFuture<Integer> waiter = inThread("waiter", barrier::await);
        awaitWaiting(barrier, 1);
        barrier.abort();
        assertBroken(waiter);
        assertThat(barrier.broken()).isTrue();
        assertThatExceptionOfType(BrokenBarrierException.class).isThrownBy(barrier::await);
        barrier.reset();
        assertThat(barrier.broken()).isFalse();
        CompletableFuture<Integer> next = inThread("next", barrier::await);
        awaitWaiting(barrier, 1);
        barrier.reset();
        assertBroken(next);
        assertThat(barrier.broken()).as("a reset is no break").isFalse();
    }

    @Test
    void breaksIfItTakesTooLong() {
        Barrier barrier = new Barrier(2);
        long start = System.nanoTime();
        assertThatExceptionOfType(BrokenBarrierException.class).isThrownBy(() -> barrier.await(MOMENT));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(MOMENT);
        assertThat(barrier.broken()).isTrue();
        Barrier impatient = new Barrier(2, null, MOMENT);
        assertThatExceptionOfType(BrokenBarrierException.class).isThrownBy(impatient::await);
    }

    @Test
    void anInterruptBreaksIt() throws InterruptedException {
        Barrier barrier = new Barrier(3);
        CompletableFuture<Integer> other = inThread("other", barrier::await);
        awaitWaiting(barrier, 1);
        Threads.assertInterruptible(barrier::await);
        assertBroken(other);
        barrier.reset();
        Threads.assertInterruptible(() -> {
            Thread.currentThread().interrupt();
            return barrier.await();
        });
        assertThat(barrier.broken()).isTrue();
    }

    @Test
    void onePartyNeverWaits() throws Exception {
        Barrier barrier = new Barrier(1);
        assertThat(barrier.await()).isZero();
        assertThat(barrier.await(Duration.ZERO)).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> new Barrier(-1));
        assertThat(new Barrier(0).parties()).isZero();
    }

    @Test
    void looksAsInPython() {
        Barrier barrier = new Barrier(3);
        assertThat(barrier.toString())
                .matches("<multiprocessing.synchronize.Barrier at 0x[0-9a-f]+: waiters=0/3>");
        barrier.abort();
        assertThat(barrier.toString()).matches("<multiprocessing.synchronize.Barrier at 0x[0-9a-f]+: broken>");
    }

    @StartMethods
    void processesMeet(Context ctx) {
        RawValue<Integer> met = RawValue.of(CType.INT, 0);
        Array<Integer> indices = Array.of(CType.INT, 3);
        Barrier barrier = new Barrier(3, () -> met.setInt(met.getInt() + 1), Gate.PATIENCE);
        Process[] processes = new Process[3];
        for (int i = 0; i < processes.length; i++) {
            processes[i] = ctx.builder().target(BarrierTest::meet, barrier, met, indices).build();
        }
        assertThat(Child.runAll(processes)).containsOnly(0);
        assertThat(met.getInt()).isEqualTo(50);
        assertThat(indices.toIntArray()).as("each index once in each round").containsOnly(50);
        assertThat(barrier.broken()).as("who ends by itself breaks nothing").isFalse();
    }

    private static void meet(Barrier barrier, RawValue<Integer> met, Array<Integer> indices)
            throws InterruptedException, BrokenBarrierException {
        for (int round = 1; round <= 50; round++) {
            int index = barrier.await();
            if (met.getInt() < round || met.getInt() > round + 1) {
                throw new IllegalStateException("round " + round + ", but " + met.getInt() + " have met");
            }
            indices.update(index, before -> before + 1);
        }
    }

    @StartMethods
    void breaksIfAPartyDies(Context ctx) {
        Barrier barrier = new Barrier(3);
        CompletableFuture<Integer> waiter = inThread("waiter", barrier::await);
        try (Child child = Child.start(ctx.builder().target(BarrierTest::arrive, barrier).build())) {
            awaitWaiting(barrier, 2);
            assertThat(waiter).isNotDone();
            child.process().kill();
            assertBroken(waiter);
        }
        assertThat(barrier.broken()).isTrue();
    }

    @StartMethods
    void breaksIfTheOnlyOneThatWaitedHasDied(Context ctx) {
        Barrier barrier = new Barrier(2);
        try (Child child = Child.start(ctx.builder().target(BarrierTest::arrive, barrier).build())) {
            awaitWaiting(barrier, 1);
            child.process().kill();
            child.exitcode();
            assertThatExceptionOfType(BrokenBarrierException.class).isThrownBy(barrier::await);
        }
        assertThat(barrier.broken()).isTrue();
    }

    private static void arrive(Barrier barrier) throws InterruptedException, BrokenBarrierException {
        barrier.await();
    }
}
