package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Threads;

/** What Lock and RLock have in common. */
abstract class SemLockContract {

    static final Duration MOMENT = Duration.ofMillis(40);

    abstract SemLock make(String name);

    final SemLock make() {
        return make("");
    }

    /** Runs in a thread of its own. */
    static <T> CompletableFuture<T> inThread(String name, Callable<T> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        new Thread(() -> {
            try {
                result.complete(call.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        }, name).start();
        return result;
    }

    /** What a thread of its own answers. */
    static <T> T elsewhere(Callable<T> call) {
        return inThread("elsewhere", call).orTimeout(Gate.PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    @Test
    void isFreeUntilItIsTaken() {
        SemLock lock = make();
        assertThat(lock.locked()).isFalse();
        assertThat(lock.acquire()).isTrue();
        assertThat(lock.locked()).isTrue();
        lock.release();
        assertThat(lock.locked()).isFalse();
    }

    @Test
    void tryingAnswersAtOnce() {
        SemLock lock = make();
        assertThat(lock.acquire(false)).isTrue();
        assertThat(elsewhere(() -> lock.acquire(false))).isFalse();
        assertThat(elsewhere(() -> lock.tryLock())).isFalse();
        assertThat(elsewhere(() -> lock.acquire(Duration.ZERO))).isFalse();
        assertThat(elsewhere(() -> lock.acquire(Duration.ofSeconds(-5)))).as("negative is zero").isFalse();
        assertThat(elsewhere(() -> lock.tryLock(-1, TimeUnit.DAYS))).isFalse();
        lock.release();
        assertThat(lock.acquire(true)).isTrue();
        lock.release();
    }

    @Test
    void waitsAtLeastAsLongAsItIsTold() {
        SemLock lock = make();
        lock.acquire();
        assertThat(elsewhere(() -> elapsed(() ->
                assertThat(lock.acquire(MOMENT)).isFalse())))
                .isGreaterThanOrEqualTo(MOMENT);
        assertThat(elsewhere(() -> elapsed(() ->
                assertThat(lock.tryLock(MOMENT.toNanos(), TimeUnit.NANOSECONDS)).isFalse())))
                .isGreaterThanOrEqualTo(MOMENT);
        lock.release();
    }

    private interface Action {
        void run() throws Exception;
    }

    private static Duration elapsed(Action action) throws Exception {
        long start = System.nanoTime();
        action.run();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @Test
    void timeoutsMayBeLongerThanALife() throws Exception {
        SemLock lock = make();
        assertThat(lock.acquire(ChronoUnit.FOREVER.getDuration())).isTrue();
        CompletableFuture<Boolean> other =
                inThread("waiter", () -> lock.acquire(ChronoUnit.FOREVER.getDuration()) && lock.locked());
        assertThat(elsewhere(() -> lock.acquire(MOMENT))).isFalse();
        assertThat(other).isNotDone();
        lock.release();
        assertThat(other).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
    }

    @Test
    void releaseWakesWhoWaits() {
        SemLock lock = make();
        lock.acquire();
        CompletableFuture<Boolean> first = inThread("first", () -> passThrough(lock));
        CompletableFuture<Boolean> second = inThread("second", () -> passThrough(lock));
        assertThat(elsewhere(() -> lock.acquire(MOMENT))).isFalse();
        assertThat(first).isNotDone();
        assertThat(second).isNotDone();
        lock.release();
        assertThat(first).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
        assertThat(second).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
        assertThat(lock.locked()).isFalse();
    }

    private static boolean passThrough(SemLock lock) {
        boolean taken = lock.acquire();
        lock.release();
        return taken;
    }

    @Test
    void anInterruptDoesNotEndAcquire() {
        SemLock lock = make();
        lock.acquire();
        CompletableFuture<Thread> waiter = new CompletableFuture<>();
        CompletableFuture<Boolean> interrupted = inThread("waiter", () -> {
            waiter.complete(Thread.currentThread());
            return passThrough(lock) && Thread.currentThread().isInterrupted();
        });
        waiter.join().interrupt();
        assertThat(elsewhere(() -> lock.acquire(MOMENT))).isFalse();
        assertThat(interrupted).isNotDone();
        lock.release();
        assertThat(interrupted).succeedsWithin(Gate.PATIENCE).as("the flag stays").isEqualTo(true);
    }

    @Test
    void anInterruptEndsLockInterruptiblyAndTryLock() {
        SemLock lock = make();
        lock.acquire();
        Threads.assertInterruptible(() -> {
            lock.lockInterruptibly();
            return true;
        });
        Threads.assertInterruptible(() -> lock.tryLock(1, TimeUnit.DAYS));
        lock.release();
        assertThat(lock.locked()).as("nobody else got it").isFalse();
    }

    @Test
    void whoIsInterruptedAlreadyDoesNotGetIt() {
        SemLock lock = make();
        for (Callable<Object> wait : Stream.<Callable<Object>>of(
                () -> lock.tryLock(1, TimeUnit.SECONDS),
                () -> {
                    lock.lockInterruptibly();
                    return true;
                }).toList()) {
            assertThatThrownBy(() -> elsewhere(() -> {
                Thread.currentThread().interrupt();
                return wait.call();
            })).isInstanceOf(CompletionException.class).hasCauseInstanceOf(InterruptedException.class);
            assertThat(lock.locked()).isFalse();
        }
    }

    @Test
    void isAJavaUtilConcurrentLock() throws Exception {
        java.util.concurrent.locks.Lock lock = make();
        lock.lock();
        assertThat(elsewhere(() -> lock.tryLock())).isFalse();
        lock.unlock();
        lock.lockInterruptibly();
        lock.unlock();
        assertThat(lock.tryLock()).isTrue();
        lock.unlock();
        assertThat(lock.tryLock(1, TimeUnit.SECONDS)).isTrue();
        lock.unlock();
    }

    @Test
    void hasConditions() throws Exception {
        SemLock lock = make();
        java.util.concurrent.locks.Condition condition = lock.newCondition();
        lock.lock();
        CompletableFuture<Boolean> signaller = inThread("signaller", () -> {
            try (SemLock.Guard held = lock.hold()) {
                condition.signal();
                return held != null;
            }
        });
        assertThat(condition.await(Gate.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        lock.unlock();
        assertThat(signaller).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
    }

    @Test
    void holdReleasesWhateverHappens() {
        SemLock lock = make();
        try (SemLock.Guard held = lock.hold()) {
            assertThat(held).isNotNull();
            assertThat(lock.locked()).isTrue();
        }
        assertThat(lock.locked()).isFalse();
        assertThatThrownBy(() -> failHolding(lock)).hasMessage("in between");
        assertThat(lock.locked()).isFalse();
    }

    private static void failHolding(SemLock lock) {
        try (SemLock.Guard held = lock.hold()) {
            throw new IllegalArgumentException(held == null ? "no guard" : "in between");
        }
    }

    @Test
    void anUncontendedRoundAllocatesNothing() {
        SemLock lock = make();
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().getId();
        int rounds = 10_000;
        useAll(lock, rounds);
        long before = threads.getThreadAllocatedBytes(id);
        useAll(lock, rounds);
        assertThat(threads.getThreadAllocatedBytes(id) - before).isLessThan(rounds);
    }

    private static void useAll(SemLock lock, int rounds) {
        for (int i = 0; i < rounds; i++) {
            lock.acquire();
            lock.release();
            try (SemLock.Guard held = lock.hold()) {
                held.getClass();
            }
            if (lock.tryLock()) {
                lock.unlock();
            }
        }
    }

    @Test
    void liesOnCacheLinesOfItsOwn() {
        SharedHandle handle = make().handle();
        assertThat(handle.size()).isPositive().matches(size -> size % 64 == 0);
        assertThat(handle.offset() % 64).isZero();
        assertThat(handle.fd()).isGreaterThan(2);
    }

    @Test
    void excludesThreads() {
        SemLock lock = make();
        int[] counter = {0};
        CompletableFuture<?>[] threads = Stream.generate(() -> inThread("counter", () -> {
            for (int i = 0; i < 5000; i++) {
                lock.acquire();
                counter[0]++;
                lock.release();
            }
            return null;
        })).limit(4).toArray(CompletableFuture[]::new);
        assertThat(CompletableFuture.allOf(threads)).succeedsWithin(Gate.PATIENCE);
        assertThat(counter[0]).isEqualTo(20_000);
    }

    @StartMethods
    void excludesProcesses(Context ctx) {
        SemLock lock = make();
        RawValue<Integer> counter = RawValue.of(CType.INT, 0);
        assertThat(Child.runAll(
                ctx.builder().target(SemLockContract::increment, lock, counter).build(),
                ctx.builder().target(SemLockContract::increment, lock, counter).build())).containsOnly(0);
        assertThat(counter.getInt()).isEqualTo(20_000);
        assertThat(lock.locked()).isFalse();
    }

    private static void increment(SemLock lock, RawValue<Integer> counter) {
        for (int i = 0; i < 10_000; i++) {
            try (SemLock.Guard held = lock.hold()) {
                counter.setInt(counter.getInt() + (held == null ? 0 : 1));
            }
        }
    }

    @StartMethods
    void showsThatAnotherProcessHasIt(Context ctx) {
        SemLock lock = make();
        Gate held = new Gate();
        Gate end = new Gate();
        try (Child child = Child.start(ctx.builder().target(SemLockContract::holdBetween, lock, held, end).build())) {
            held.pass();
            assertThat(lock.locked()).isTrue();
            assertThat(lock.acquire(false)).isFalse();
            assertThat(lock.acquire(MOMENT)).isFalse();
            assertThat(lock.toString()).contains("SomeOtherProcess");
            end.open();
            assertThat(lock.acquire(Gate.PATIENCE)).isTrue();
            lock.release();
            assertThat(child.exitcode()).isZero();
        }
    }

    private static void holdBetween(SemLock lock, Gate held, Gate end) {
        lock.acquire();
        held.open();
        end.pass();
        lock.release();
    }

    @Test
    void mayHaveAName() {
        assertThat(make().name()).isEmpty();
        assertThat(make("the one for the books").name()).isEqualTo("the one for the books");
        assertThat(make("ä".repeat(40)).name()).as("63 bytes").startsWith("ä".repeat(31)).hasSizeLessThan(33);
    }

    @StartMethods
    void whatTheDeadHeldGoesToTheNext(Context ctx) {
        SemLock lock = make();
        assertThat(lock.deadOwner()).isEmpty();
        try (Child child = Child.start(ctx.builder().target(SemLockContract::dieWith, lock).build())) {
            assertThat(child.exitcode()).isEqualTo(-Posix.SIGKILL);
            assertThat(lock.locked()).as("nobody who lives holds it").isFalse();
            assertThat(lock.acquire(false)).isTrue();
            assertThat(lock.recovered()).isTrue();
            assertThat(lock.deadOwner()).hasValueSatisfying(dead -> assertThat(dead.pid()).isEqualTo(child.pid()));
        }
        lock.release();
        assertThat(lock.recovered()).isFalse();
        try (SemLock.Guard held = lock.hold()) {
            assertThat(held).isNotNull();
            assertThat(lock.recovered()).as("it was mended").isFalse();
        }
    }

    @StartMethods
    void whoWaitsForTheDeadIsWokenSoon(Context ctx) {
        SemLock lock = make();
        Gate held = new Gate();
        Process holder = ctx.builder().target(SemLockContract::holdBetween, lock, held, new Gate()).build();
        try (Child child = Child.start(holder)) {
            held.pass();
            CompletableFuture<Long> waiter = inThread("waiter", () -> {
                try (SemLock.Guard guard = lock.hold()) {
                    return lock.recovered() && guard != null ? System.nanoTime() : 0;
                }
            });
            assertThat(lock.acquire(MOMENT)).isFalse();
            long killed = System.nanoTime();
            child.process().kill();
            assertThat(waiter).succeedsWithin(Gate.PATIENCE).satisfies(got ->
                    assertThat(Duration.ofNanos(got - killed)).isBetween(Duration.ZERO, Duration.ofMillis(400)));
        }
        assertThat(lock.locked()).isFalse();
    }

    private static void dieWith(SemLock lock) {
        lock.acquire();
        Posix.kill(Posix.getpid(), Posix.SIGKILL);
    }

    @StartMethods
    void comesBackFromSerializationAsTheSameKind(Context ctx) {
        SemLock lock = make();
        Value<Integer> sum = Value.of(CType.INT, 0, lock);
        int code = Child.run(ctx.builder().target((l, kind, v) -> {
            if (l.getClass().getSimpleName().equals(kind)) {
                v.addAndGet(1);
            }
        }, lock, lock.getClass().getSimpleName(), sum).build());
        assertThat(code).isZero();
        assertThat(sum.getObj().getInt()).isEqualTo(1);
    }
}
