package org.multiprocessing4j.bench;

import java.util.Map;
import org.multiprocessing4j.Condition;
import org.multiprocessing4j.Event;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.SemLock;
import org.multiprocessing4j.Semaphore;

/** Semaphores, events and conditions, and what it takes to wake another process. */
final class SyncFigures {
    private SyncFigures() {}

    static void addTo(Map<String, Figure> figures) {
        figures.put("lock.hand_off", iterations -> LockPartner.INSTANCE.handOff(iterations));
        figures.put("sync.semaphore", SyncFigures::semaphore);
        figures.put("sync.tracked_semaphore", SyncFigures::trackedSemaphore);
        figures.put("sync.semaphore_hand_off", iterations -> SemaphorePartner.INSTANCE.handOff(iterations));
        figures.put("sync.event", SyncFigures::event);
        figures.put("sync.notify_nobody", SyncFigures::notifyNobody);
    }

    private static long semaphore(int iterations) {
        Semaphore semaphore = new Semaphore(1);
        long begin = System.nanoTime();
        for (int i = 0; i < iterations; i++) {
            semaphore.acquire();
            semaphore.release();
        }
        return System.nanoTime() - begin;
    }

    @SuppressWarnings("try") // a guard is there to be closed
    private static long trackedSemaphore(int iterations) {
        Semaphore semaphore = new Semaphore(1);
        long begin = System.nanoTime();
        for (int i = 0; i < iterations; i++) {
            try (SemLock.Guard guard = semaphore.hold()) {
                continue;
            }
        }
        return System.nanoTime() - begin;
    }

    private static long event(int iterations) {
        Event event = new Event();
        long begin = System.nanoTime();
        for (int i = 0; i < iterations; i++) {
            event.set();
            event.clear();
        }
        return System.nanoTime() - begin;
    }

    @SuppressWarnings("try") // a guard is there to be closed
    private static long notifyNobody(int iterations) {
        Condition condition = new Condition();
        long begin = System.nanoTime();
        for (int i = 0; i < iterations; i++) {
            try (SemLock.Guard guard = condition.hold()) {
                condition.signal();
            }
        }
        return System.nanoTime() - begin;
    }

    // What the partner processes do. Not in the classes below: to initialize one is to start a partner.

    private static void echo(Lock there, Lock back) {
        while (there.acquire()) {
            back.release();
        }
    }

    private static void echo(Semaphore there, Semaphore back) {
        while (there.acquire()) {
            back.release();
        }
    }

    /** Another process that gives each lock back that it gets; an iteration is one of the two ways. */
    private static final class LockPartner {
        private static final LockPartner INSTANCE = new LockPartner();

        private final Lock there = new Lock();
        private final Lock back = new Lock();

        private LockPartner() {
            there.acquire();
            back.acquire();
            Process.builder().target(SyncFigures::echo, there, back).daemon(true).build().start();
            handOff(2); // it runs
        }

        private long handOff(int iterations) {
            int rounds = iterations / 2 + 1;
            long begin = System.nanoTime();
            for (int i = 0; i < rounds; i++) {
                there.release();
                back.acquire();
            }
            return (System.nanoTime() - begin) * iterations / (2L * rounds);
        }
    }

    /** The same with permits. */
    private static final class SemaphorePartner {
        private static final SemaphorePartner INSTANCE = new SemaphorePartner();

        private final Semaphore there = new Semaphore(0);
        private final Semaphore back = new Semaphore(0);

        private SemaphorePartner() {
            Process.builder().target(SyncFigures::echo, there, back).daemon(true).build().start();
            handOff(2); // it runs
        }

        private long handOff(int iterations) {
            int rounds = iterations / 2 + 1;
            long begin = System.nanoTime();
            for (int i = 0; i < rounds; i++) {
                there.release();
                back.acquire();
            }
            return (System.nanoTime() - begin) * iterations / (2L * rounds);
        }
    }
}
