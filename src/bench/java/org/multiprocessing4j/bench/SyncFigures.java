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

    /** Another process that gives back what it gets; an iteration is one of the two ways. */
    private record Partner(Runnable release, Runnable acquire) {

        static Partner start(Process.Builder echo, Runnable release, Runnable acquire) {
            echo.daemon(true).build().start();
            Partner partner = new Partner(release, acquire);
            partner.handOff(2); // it runs
            return partner;
        }

        long handOff(int iterations) {
            int rounds = iterations / 2 + 1;
            long begin = System.nanoTime();
            for (int i = 0; i < rounds; i++) {
                release.run();
                acquire.run();
            }
            return (System.nanoTime() - begin) * iterations / (2L * rounds);
        }
    }

    private static final class LockPartner {
        private static final Partner INSTANCE = start();

        private static Partner start() {
            Lock there = new Lock();
            Lock back = new Lock();
            there.acquire();
            back.acquire();
            return Partner.start(
                    Process.builder().target(SyncFigures::echo, there, back), there::release, back::acquire);
        }
    }

    private static final class SemaphorePartner {
        private static final Partner INSTANCE = start();

        private static Partner start() {
            Semaphore there = new Semaphore(0);
            Semaphore back = new Semaphore(0);
            return Partner.start(
                    Process.builder().target(SyncFigures::echo, there, back), there::release, back::acquire);
        }
    }
}
