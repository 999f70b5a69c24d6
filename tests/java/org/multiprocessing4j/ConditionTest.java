package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.multiprocessing4j.SemLockContract.MOMENT;
import static org.multiprocessing4j.SemLockContract.inThread;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Threads;

/** Conditions. */
class ConditionTest {

    private final Condition condition = new Condition();

    /** Waits until so many wait. */
    private static void awaitWaiters(Condition condition, int count) {
        Awaitility.await().pollInterval(Duration.ofMillis(2)).atMost(Gate.PATIENCE)
                .until(() -> condition.toString().endsWith(", " + count + ")>"));
    }

    private CompletableFuture<Boolean> waiter(String name) {
        return inThread(name, () -> {
            try (SemLock.Guard held = condition.hold()) {
                return condition.await(Gate.PATIENCE) && held != null;
            }
        });
    }

    @Test
    void wakesAsManyAsItIsTold() {
        List<CompletableFuture<Boolean>> waiters = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            waiters.add(waiter("waiter " + i));
            awaitWaiters(condition, i + 1);
        }
        condition.acquire();
        condition.signal();
        condition.signal(2);
        condition.signal(0);
        condition.signal(-1);
        assertThat(waiters).noneMatch(CompletableFuture::isDone);
        condition.release();
        assertThat(waiters.subList(0, 3)).as("who came first").allSatisfy(waiter ->
                assertThat(waiter).succeedsWithin(Gate.PATIENCE).isEqualTo(true));
        awaitWaiters(condition, 2);
        try (SemLock.Guard held = condition.hold()) {
            assertThat(held).isNotNull();
            condition.signalAll();
        }
        assertThat(waiters).allSatisfy(waiter -> assertThat(waiter).succeedsWithin(Gate.PATIENCE).isEqualTo(true));
        awaitWaiters(condition, 0);
    }

    @Test
    void wantsItsLock() {
        assertThatIllegalStateException().isThrownBy(condition::await)
                .withMessage("must acquire() condition before using wait()");
        assertThatIllegalStateException().isThrownBy(condition::awaitUninterruptibly)
                .withMessage("must acquire() condition before using wait()");
        assertThatIllegalStateException().isThrownBy(condition::signal).withMessage("lock is not owned");
        assertThatIllegalStateException().isThrownBy(condition::signalAll).withMessage("lock is not owned");
        condition.acquire();
        condition.signalAll();
        condition.release();
        assertThatIllegalStateException().isThrownBy(condition::signal).withMessage("lock is not owned");
    }

    @Test
    void releasesTheLockHoweverOftenItIsHeld() throws Exception {
        assertThat(condition.acquire()).isTrue();
        assertThat(condition.acquire(false)).isTrue();
        assertThat(condition.acquire(Duration.ZERO)).isTrue();
        CompletableFuture<String> other = inThread("main", () -> {
            try (SemLock.Guard held = condition.hold()) {
                condition.signal();
                return held == null ? "" : condition.toString();
            }
        });
        assertThat(condition.await(Gate.PATIENCE)).isTrue();
        assertThat(other.get()).isEqualTo("<Condition(<RLock(MainProcess, 1)>, 0)>");
        assertThat(condition.getLock().toString()).endsWith(", 3)>");
        condition.release();
        condition.release();
        assertThat(condition.getLock().toString()).endsWith(", 1)>");
        condition.release();
        assertThat(condition.getLock().locked()).isFalse();
    }

    @Test
    void aPlainLockWillDo() throws InterruptedException {
        Lock lock = new Lock();
        Condition changed = new Condition(lock);
        assertThat(changed.getLock()).isSameAs(lock);
        lock.acquire();
        assertThat(changed.await(MOMENT)).isFalse();
        assertThat(lock.locked()).isTrue();
        lock.release();
    }

    @Test
    void timeRunsOutByTheMonotonicClock() throws InterruptedException {
        try (SemLock.Guard held = condition.hold()) {
            assertThat(held).isNotNull();
            long start = System.nanoTime();
            assertThat(condition.await(MOMENT)).isFalse();
            assertThat(condition.await(MOMENT.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
            assertThat(condition.awaitNanos(MOMENT.toNanos())).isNotPositive();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(MOMENT.multipliedBy(3));
            assertThat(condition.awaitUntil(new Date(System.currentTimeMillis() + 5))).isFalse();
            assertThat(condition.await(Duration.ofSeconds(-1))).isFalse();
            assertThat(condition.awaitNanos(-7)).isLessThanOrEqualTo(-7);
            assertThat(condition.awaitUntil(new Date(0))).isFalse();
        }
        assertThat(condition.getLock().locked()).isFalse();
    }

    @Test
    void waitForAsksUntilItIsTrue() throws Exception {
        RawValue<Integer> level = RawValue.of(CType.INT, 0);
        CompletableFuture<Boolean> waiter = inThread("waiter", () -> {
            try (SemLock.Guard held = condition.hold()) {
                return condition.waitFor(() -> level.getInt() == 3) && held != null;
            }
        });
        awaitWaiters(condition, 1);
        for (int i = 1; i <= 3; i++) {
            assertThat(waiter).isNotDone();
            try (SemLock.Guard held = condition.hold()) {
                level.setInt(held == null ? 0 : i);
                condition.signal();
            }
        }
        assertThat(waiter).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
        try (SemLock.Guard held = condition.hold()) {
            long start = System.nanoTime();
            assertThat(condition.waitFor(() -> held == null, MOMENT)).isFalse();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(MOMENT);
            assertThat(condition.waitFor(() -> level.getInt() == 3, Duration.ZERO)).isTrue();
        }
    }

    @Test
    void anInterruptEndsTheWaitWithTheLockHeld() {
        Threads.assertInterruptible(() -> {
            try (SemLock.Guard held = condition.hold()) {
                try {
                    condition.await();
                } finally {
                    assertThat(condition.getLock().toString()).startsWith("<RLock(MainProcess|waiter, 1)");
                    held.getClass();
                }
                return null;
            }
        });
        assertThat(condition.getLock().locked()).isFalse();
        awaitWaiters(condition, 0);
    }

    @Test
    void awaitUninterruptiblyStaysThroughInterrupts() {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        CompletableFuture<Boolean> waiter = inThread("waiter", () -> {
            try (SemLock.Guard held = condition.hold()) {
                thread.complete(held == null ? null : Thread.currentThread());
                condition.awaitUninterruptibly();
                return Thread.interrupted();
            }
        });
        awaitWaiters(condition, 1);
        thread.join().interrupt();
        try (SemLock.Guard held = condition.hold()) {
            assertThat(held).isNotNull();
            condition.signal();
        }
        assertThat(waiter).succeedsWithin(Gate.PATIENCE).as("the flag stays").isEqualTo(true);
    }

    @StartMethods
    void notifiesOtherProcesses(Context ctx) {
        RawValue<Integer> turn = RawValue.of(CType.INT, 0);
        Child[] children = new Child[2];
        for (int i = 0; i < children.length; i++) {
            children[i] = Child.start(ctx.builder().target(ConditionTest::takeTurns, condition, turn, i).build());
        }
        for (Child child : children) {
            assertThat(child.exitcode()).isZero();
            child.close();
        }
        assertThat(turn.getInt()).isEqualTo(200);
        assertThat(condition.toString()).isEqualTo("<Condition(<RLock(None, 0)>, 0)>");
    }

    private static void takeTurns(Condition condition, RawValue<Integer> turn, int mine) throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            try (SemLock.Guard held = condition.hold()) {
                if (!condition.waitFor(() -> turn.getInt() % 2 == mine, Gate.PATIENCE)) {
                    throw new IllegalStateException("it was never turn " + mine + held);
                }
                turn.setInt(turn.getInt() + 1);
                condition.signal();
            }
        }
    }

    @StartMethods
    void aNotificationOfTheDeadGoesToAnother(Context ctx) {
        CompletableFuture<Boolean> second;
        try (Child child = Child.start(ctx.builder().target(ConditionTest::sleep, condition).build())) {
            awaitWaiters(condition, 1);
            second = waiter("second");
            awaitWaiters(condition, 2);
            child.process().kill();
            assertThat(child.exitcode()).isNegative();
        }
        try (SemLock.Guard held = condition.hold()) {
            assertThat(held).isNotNull();
            condition.signal();
        }
        assertThat(second).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
    }

    private static void sleep(Condition condition) throws InterruptedException {
        try (SemLock.Guard held = condition.hold()) {
            condition.await(Gate.PATIENCE);
            held.getClass();
        }
    }
}
