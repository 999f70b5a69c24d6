package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.multiprocessing4j.SemLockContract.MOMENT;
import static org.multiprocessing4j.SemLockContract.inThread;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Threads;

/** Flags to wait for. */
class EventTest {

    @Test
    void isUnsetAtFirst() throws InterruptedException {
        Event event = new Event();
        assertThat(event.isSet()).isFalse();
        assertThat(event.await(Duration.ZERO)).isFalse();
        long start = System.nanoTime();
        assertThat(event.await(MOMENT)).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(MOMENT);
        event.set();
        assertThat(event.isSet()).isTrue();
        assertThat(event.await(Duration.ofSeconds(-1))).isTrue();
        assertThat(event.await()).isTrue();
        event.set();
        event.clear();
        assertThat(event.isSet()).isFalse();
    }

    @Test
    void wakesAllThatWaitEvenIfItIsClearedAtOnce() {
        Event event = new Event();
        CompletableFuture<Boolean> first = inThread("first", event::await);
        CompletableFuture<Boolean> second = inThread("second", () -> event.await(Gate.PATIENCE));
        assertThat(new Semaphore(0).acquire(MOMENT)).isFalse();
        assertThat(first).isNotDone();
        event.set();
        event.clear();
        assertThat(first).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
        assertThat(second).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
    }

    @Test
    void anInterruptEndsTheWait() {
        Event event = new Event();
        Threads.assertInterruptible(event::await);
        Threads.assertInterruptible(() -> event.await(Duration.ofDays(1)));
    }

    @Test
    void looksAsInPython() {
        Event event = new Event();
        assertThat(event.toString()).matches("<Event at 0x[0-9a-f]+ unset>");
        event.set();
        assertThat(event.toString()).matches("<Event at 0x[0-9a-f]+ set>");
    }

    @StartMethods
    void tellsAnotherProcess(Context ctx) throws InterruptedException {
        Event there = new Event();
        Event here = new Event();
        try (Child child = Child.start(ctx.builder().target(EventTest::answer, there, here).build())) {
            assertThat(here.await(MOMENT)).isFalse();
            there.set();
            assertThat(here.await(Gate.PATIENCE)).isTrue();
            assertThat(there.isSet()).as("the child has cleared it").isFalse();
            assertThat(child.exitcode()).isZero();
        }
    }

    private static void answer(Event there, Event here) throws InterruptedException {
        there.await();
        there.clear();
        here.set();
    }

    @StartMethods
    void nobodyWaitsForADeadWaiter(Context ctx) throws InterruptedException {
        Event event = new Event();
        Gate waiting = new Gate();
        try (Child child = Child.start(ctx.builder().target(EventTest::waitForEver, event, waiting).build())) {
            waiting.pass();
            child.process().kill();
            assertThat(child.exitcode()).isNegative();
        }
        event.set();
        assertThat(event.await()).isTrue();
    }

    private static void waitForEver(Event event, Gate waiting) throws InterruptedException {
        waiting.open();
        event.await(Gate.PATIENCE);
    }
}
