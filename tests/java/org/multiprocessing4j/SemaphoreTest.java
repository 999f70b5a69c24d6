package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.multiprocessing4j.SemLockContract.MOMENT;
import static org.multiprocessing4j.SemLockContract.elsewhere;
import static org.multiprocessing4j.SemLockContract.inThread;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Threads;

/** Semaphores, bounded and not. */
class SemaphoreTest {

    private static final String TOO_OFTEN = "semaphore or lock released too many times";
    private static final int EINVAL = 22;

    @Test
    void countsItsPermits() {
        Semaphore semaphore = new Semaphore(2);
        assertThat(semaphore.getValue()).isEqualTo(2);
        assertThat(semaphore.acquire()).isTrue();
        assertThat(semaphore.acquire(true)).isTrue();
        assertThat(semaphore.locked()).isTrue();
        assertThat(semaphore.acquire(false)).isFalse();
        assertThat(semaphore.tryAcquire()).isFalse();
        semaphore.release();
        assertThat(semaphore.getValue()).isEqualTo(1);
        assertThat(semaphore.locked()).isFalse();
        semaphore.release();
        semaphore.release();
        assertThat(semaphore.getValue()).as("more than at first").isEqualTo(3);
    }

    @Test
    void hasOnePermitByDefault() {
        assertThat(new Semaphore().getValue()).isEqualTo(1);
        assertThat(new BoundedSemaphore().getValue()).isEqualTo(1);
    }

    @Test
    void noValueIsNegative() {
        assertThatExceptionOfType(OSException.class).isThrownBy(() -> new Semaphore(-1))
                .satisfies(error -> assertThat(error.errno()).isEqualTo(EINVAL));
        assertThatExceptionOfType(OSException.class).isThrownBy(() -> new BoundedSemaphore(-1));
    }

    @Test
    void isNotReleasedBeyondItsBound() {
        Semaphore bounded = new BoundedSemaphore(2);
        assertThatIllegalStateException().isThrownBy(bounded::release).withMessage(TOO_OFTEN);
        bounded.acquire();
        bounded.release();
        assertThatIllegalStateException().isThrownBy(bounded::release).withMessage(TOO_OFTEN);
        Semaphore full = new Semaphore(Integer.MAX_VALUE);
        assertThatIllegalStateException().isThrownBy(full::release).withMessage(TOO_OFTEN);
    }

    @Test
    void waitsByTheMonotonicClock() throws InterruptedException {
        Semaphore semaphore = new Semaphore(0);
        long start = System.nanoTime();
        assertThat(semaphore.acquire(MOMENT)).isFalse();
        assertThat(semaphore.tryAcquire(MOMENT.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(MOMENT.multipliedBy(2));
        assertThat(semaphore.acquire(Duration.ofSeconds(-1))).isFalse();
        semaphore.release();
        assertThat(semaphore.acquire(ChronoUnit.FOREVER.getDuration())).isTrue();
    }

    @Test
    void anInterruptEndsWhatMayBeInterrupted() throws InterruptedException {
        Semaphore semaphore = new Semaphore(0);
        Threads.assertInterruptible(() -> semaphore.tryAcquire(1, TimeUnit.DAYS));
        Threads.assertInterruptible(() -> {
            semaphore.acquireInterruptibly();
            return true;
        });
        semaphore.release();
        semaphore.acquireInterruptibly();
        assertThat(semaphore.getValue()).isZero();
    }

    @Test
    void holdGivesThePermitBack() {
        Semaphore semaphore = new BoundedSemaphore(1);
        try (SemLock.Guard held = semaphore.hold()) {
            assertThat(held).isNotNull();
            assertThat(semaphore.getValue()).isZero();
        }
        assertThat(semaphore.getValue()).isEqualTo(1);
    }

    @Test
    void looksAsInPython() {
        assertThat(new Semaphore(2)).hasToString("<Semaphore(value=2)>");
        Semaphore bounded = new BoundedSemaphore(3);
        bounded.acquire();
        assertThat(bounded).hasToString("<BoundedSemaphore(value=2, maxvalue=3)>");
    }

    @StartMethods
    void anyProcessMayHandOutPermits(Context ctx) {
        Semaphore here = new Semaphore(0);
        Semaphore there = new BoundedSemaphore(1);
        there.acquire();
        try (Child child = Child.start(ctx.builder().target(SemaphoreTest::echo, there, here).build())) {
            for (int i = 0; i < 3; i++) {
                assertThat(here.acquire(MOMENT)).isFalse();
                there.release();
                assertThat(here.acquire(Gate.PATIENCE)).isTrue();
            }
            assertThat(child.exitcode()).isZero();
        }
        assertThat(elsewhere(here::getValue)).isZero();
    }

    private static void echo(Semaphore there, Semaphore here) {
        for (int i = 0; i < 3 && there.acquire(Gate.PATIENCE); i++) {
            here.release();
        }
        if (there.getClass() != BoundedSemaphore.class || here.getClass() != Semaphore.class) {
            throw new IllegalStateException(there + " " + here);
        }
    }

    @StartMethods
    void whatTheDeadHeldComesBackWhereItIsTracked(Context ctx) {
        Semaphore semaphore = new Semaphore(3);
        Gate inside = new Gate();
        try (Child child = Child.start(ctx.builder().target(SemaphoreTest::takeTwo, semaphore, inside).build())) {
            inside.pass();
            assertThat(semaphore.getValue()).isEqualTo(1);
            CompletableFuture<Boolean> waiter = inThread("waiter", () -> semaphore.acquire() && semaphore.acquire());
            assertThat(new Semaphore(0).acquire(MOMENT)).isFalse();
            assertThat(waiter).isNotDone();
            child.process().kill();
            assertThat(waiter).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
        }
        assertThat(semaphore.getValue()).as("one was held, the other one taken for good").isZero();
    }

    private static void takeTwo(Semaphore semaphore, Gate inside) {
        semaphore.acquire();
        try (SemLock.Guard held = semaphore.hold()) {
            inside.open();
            new Gate().pass();
            held.getClass();
        }
    }

    @StartMethods
    void letsNoMoreInThanItHasPermits(Context ctx) {
        Semaphore semaphore = new BoundedSemaphore(2);
        Value<Integer> inside = Value.of(CType.INT, 0);
        Value<Integer> most = Value.of(CType.INT, 0);
        Process[] processes = new Process[3];
        for (int i = 0; i < processes.length; i++) {
            processes[i] = ctx.builder().target(SemaphoreTest::comeAndGo, semaphore, inside, most).build();
        }
        assertThat(Child.runAll(processes)).containsOnly(0);
        assertThat(most.get()).isBetween(1, 2);
        assertThat(inside.get()).isZero();
        assertThat(semaphore.getValue()).isEqualTo(2);
    }

    private static void comeAndGo(Semaphore semaphore, Value<Integer> inside, Value<Integer> most) {
        for (int i = 0; i < 500; i++) {
            try (SemLock.Guard held = semaphore.hold()) {
                int now = (int) inside.getAndAdd(1) + (held == null ? 0 : 1);
                most.update(before -> Math.max(before, now));
                inside.getAndAdd(-1);
            }
        }
    }
}
