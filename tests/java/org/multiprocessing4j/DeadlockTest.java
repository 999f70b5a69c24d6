package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.multiprocessing4j.SemLockContract.inThread;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.StartMethods;

/** Circles of those that wait for each other. */
class DeadlockTest {

    private static final Duration SOON = Duration.ofMillis(60);

    @AfterEach
    void asAtFirst() {
        Deadlock.setAction(Deadlock.Action.LOG);
    }

    private static Deadlock awaitOne() {
        return Awaitility.await().pollInterval(Duration.ofMillis(10)).atMost(Gate.PATIENCE)
                .until(Multiprocessing::deadlocks, found -> !found.isEmpty()).get(0);
    }

    @Test
    void thereAreNoneMostly() {
        Lock lock = new Lock();
        lock.acquire();
        assertThat(Multiprocessing.deadlocks()).isEmpty();
        lock.release();
    }

    @Test
    void whoWaitsForItselfIsSeen() {
        Lock lock = new Lock("mine");
        CompletableFuture<Boolean> waiter = inThread("selfish", () -> lock.acquire() && lock.acquire());
        Deadlock deadlock = awaitOne();
        assertThat(deadlock.members()).singleElement().satisfies(member -> {
            assertThat(member.pid()).isEqualTo(Posix.getpid());
            assertThat(member.process()).isEqualTo("MainProcess");
            assertThat(member.threadName()).isEqualTo("selfish");
            assertThat(member.lock()).isEqualTo("mine");
            assertThat(member.address()).matches("\\d+:\\d+");
            assertThat(member.stack()).extracting(StackTraceElement::getMethodName).contains("acquire");
        });
        assertThat(deadlock.toString()).matches("<Deadlock: process \\d+ \\(MainProcess\\) thread \\d+ \\(selfish\\)"
                + " waits for lock 'mine' held by process \\d+ \\(MainProcess\\) thread \\d+ \\(selfish\\)>");
        lock.release();
        assertThat(waiter).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
        assertThat(Multiprocessing.deadlocks()).isEmpty();
    }

    @Test
    void whoCameLastGivesUpIfThatIsAskedFor() {
        Deadlock.setAction(Deadlock.Action.THROW, SOON);
        RLock a = new RLock("a");
        RLock b = new RLock("b");
        Gate otherHasB = new Gate();
        Gate mayGoOn = new Gate();
        a.acquire();
        CompletableFuture<Boolean> other = inThread("other", () -> {
            try (SemLock.Guard outer = b.hold()) {
                otherHasB.open();
                mayGoOn.pass();
                return a.acquire() && outer != null;
            }
        });
        otherHasB.pass();
        CompletableFuture<Boolean> opener = inThread("opener", () -> {
            Awaitility.await().pollInterval(Duration.ofMillis(5)).atMost(Gate.PATIENCE).until(DeadlockTest::someWaits);
            mayGoOn.open();
            return true;
        });
        assertThat(b.acquire()).as("the other one gives up").isTrue();
        assertThat(other).failsWithin(Gate.PATIENCE).withThrowableThat().havingRootCause()
                .isInstanceOf(DeadlockException.class).withMessageStartingWith("<Deadlock: process ")
                .satisfies(error -> assertThat(((DeadlockException) error).deadlock().members())
                        .extracting(Deadlock.Member::lock).containsExactly("a", "b"));
        assertThat(opener).succeedsWithin(Gate.PATIENCE);
        assertThat(a.toString()).as("was mine all the time").endsWith(", 1)>");
        b.release();
        a.release();
    }

    /** Whether somebody waits for one of the two, so that it shows. */
    private static boolean someWaits() {
        byte[] text = new byte[1 << 14];
        int length = Native.locks(0, text, text.length);
        return new String(text, 0, Math.min(length, text.length), StandardCharsets.UTF_8).lines()
                .anyMatch(line -> line.matches("RLock\t[ab]\t.*\twaits\t.*"));
    }

    @Test
    void allKindsOfAcquireGiveUp() {
        Deadlock.setAction(Deadlock.Action.THROW, SOON);
        Lock lock = new Lock();
        lock.acquire();
        assertThatExceptionOfType(DeadlockException.class).isThrownBy(lock::acquire);
        assertThatExceptionOfType(DeadlockException.class).isThrownBy(() -> lock.acquire(Gate.PATIENCE));
        assertThatExceptionOfType(DeadlockException.class).isThrownBy(lock::lockInterruptibly);
        assertThatIllegalStateException().isThrownBy(() -> lock.tryLock(1, TimeUnit.HOURS));
        assertThat(lock.acquire(Duration.ofMillis(20))).as("the time is over before").isFalse();
        lock.release();
    }

    @StartMethods
    void processesAreSeenWithTheirStacks(Context ctx) {
        Lock a = new Lock("a");
        Lock b = new Lock("b");
        Barrier both = new Barrier(2, null, Gate.PATIENCE);
        try (Child one = Child.start(ctx.builder().name("one").target(DeadlockTest::takeBoth, a, b, both).build());
                Child two = Child.start(ctx.builder().name("two").target(DeadlockTest::takeBoth, b, a, both).build())) {
            Deadlock deadlock = awaitOne();
            assertThat(deadlock.members()).extracting(Deadlock.Member::pid)
                    .containsExactlyInAnyOrder(one.pid(), two.pid());
            assertThat(deadlock.members()).extracting(Deadlock.Member::process)
                    .containsExactlyInAnyOrder("one", "two");
            assertThat(deadlock.members()).extracting(Deadlock.Member::lock).containsExactlyInAnyOrder("a", "b");
            assertThat(deadlock.members()).allSatisfy(member -> assertThat(member.stack())
                    .extracting(StackTraceElement::getMethodName).contains("acquire", "takeBoth"));
            one.process().kill();
            assertThat(two.exitcode()).as("gets the dead one's lock").isZero();
        }
        assertThat(Multiprocessing.deadlocks()).isEmpty();
    }

    private static void takeBoth(Lock first, Lock second, Barrier both) throws InterruptedException {
        first.acquire();
        try {
            both.await();
        } catch (BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
        second.acquire();
        second.release();
        first.release();
    }

    /** Waits for itself, and is helped after it has been reported. */
    static final class Selfish {
        public static void main(String[] args) throws InterruptedException {
            Lock lock = new Lock("mine");
            lock.acquire();
            System.out.println(lock.acquire(Duration.ofMillis(Long.parseLong(args[0]))));
        }
    }

    @Test
    void isLoggedOnceAfterASecond() {
        JavaProgram.Outcome outcome = JavaProgram.of(Selfish.class, "2500").run();
        assertThat(outcome.out()).isEqualTo("false\n");
        assertThat(outcome.err()).containsOnlyOnce("<Deadlock: ").contains("waits for lock 'mine'")
                .contains("SemLock.acquire(").contains("Selfish.main(");
    }

    /** A wait for a condition that keeps another lock, which who notifies it wants; helped after it was reported. */
    static final class LeavesACondition {
        public static void main(String[] args) throws InterruptedException {
            Lock kept = new Lock("kept");
            Condition condition = new Condition(new RLock("monitor"));
            kept.acquire();
            condition.acquire();
            CompletableFuture<Boolean> other = inThread("other", () -> {
                try (SemLock.Guard held = condition.hold()) {
                    condition.signal();
                    boolean taken = held == null;
                    for (int i = 0; i < 4 && !taken; i++) { // too shortly each time to give up itself
                        taken = kept.acquire(Duration.ofMillis(700));
                    }
                    return taken;
                }
            });
            condition.await();
            System.out.println(other.join());
        }
    }

    @Test
    void thatOfAConditionsLockIsLoggedTooAndNeverThrown() {
        for (String action : List.of("log", "throw")) {
            JavaProgram.Outcome outcome = JavaProgram.of(LeavesACondition.class)
                    .flags("-Dorg.multiprocessing4j.deadlock=" + action).run();
            List<String> reports = outcome.err().lines().filter(line -> line.contains("<Deadlock: ")).toList();
            assertThat(reports).as(outcome.err()).filteredOn(line -> line.contains("waits for lock 'monitor' held by"))
                    .isNotEmpty().allSatisfy(line -> assertThat(line).startsWith("WARNING: "));
            assertThat(outcome.err()).contains("Condition.leave(").contains("LeavesACondition.main(");
        }
    }

    @Test
    void canBeSetForAProgram() {
        JavaProgram.Outcome outcome =
                JavaProgram.of(Selfish.class, "5000").flags("-Dorg.multiprocessing4j.deadlock=throw").run();
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err()).contains("org.multiprocessing4j.DeadlockException: <Deadlock: ");
        assertThat(JavaProgram.of(Selfish.class, "1500").flags("-Dorg.multiprocessing4j.deadlock=ignore").run().err())
                .isEmpty();
    }

    @Test
    void readsWhatAJvmSaysOfItsThreads() {
        var threads = JavaThreads.parse(List.of(
                "\"main\" #1 prio=5 os_prio=0 cpu=1,2ms tid=0x7f nid=0x1 runnable  [0x7f]",
                "   java.lang.Thread.State: RUNNABLE",
                "\tat org.multiprocessing4j.bindings.Native.lock_acquire(Native Method)",
                "\tat java.base@17.0.1/java.lang.Thread.run(Thread.java:840)",
                "\t- locked <0x1> (a java.lang.Object)",
                "",
                "\"a \"b\" #7\" #12 [4711] daemon prio=5 os_prio=0",
                "\tat Main$$Lambda$1/0x1.run(Unknown Source)"));
        assertThat(threads.get(1L).name()).isEqualTo("main");
        assertThat(threads.get(1L).stack()).extracting(StackTraceElement::toString).containsExactly(
                "org.multiprocessing4j.bindings.Native.lock_acquire(Native Method)",
                "java.lang.Thread.run(Thread.java:840)");
        assertThat(threads.get(12L).name()).isEqualTo("a \"b\" #7");
    }
}
