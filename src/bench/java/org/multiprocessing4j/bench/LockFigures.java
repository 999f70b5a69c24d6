package org.multiprocessing4j.bench;

import java.util.Map;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.RLock;
import org.multiprocessing4j.SemLock;

/** Taking a lock and giving it back. */
final class LockFigures {
    private static final int HAMMER_BLOWS = 1_000;

    private LockFigures() {}

    static void addTo(Map<String, Figure> figures) {
        figures.put("lock.acquire_release", iterations -> acquireRelease(new Lock(), iterations));
        figures.put("lock.rlock_acquire_release", iterations -> acquireRelease(new RLock(), iterations));
        figures.put("lock.contended", iterations -> Rival.INSTANCE.contend(iterations));
    }

    @SuppressWarnings("try") // a guard is there to be closed
    private static long acquireRelease(SemLock lock, int iterations) {
        long begin = System.nanoTime();
        for (int i = 0; i < iterations; i++) {
            try (SemLock.Guard guard = lock.hold()) {
                continue;
            }
        }
        return System.nanoTime() - begin;
    }

    /** What the rival process does: takes the lock again and again while the gate is open. */
    private static void hammer(Lock gate, Lock lock) {
        while (true) {
            acquireRelease(gate, 1);
            acquireRelease(lock, HAMMER_BLOWS);
        }
    }

    /** Another process that wants the same lock; started with the first request and held back between them. */
    private static final class Rival {
        private static final Rival INSTANCE = new Rival();

        private final Lock gate = new Lock();
        private final Lock lock = new Lock();

        private Rival() {
            gate.acquire();
            Process.builder().target(LockFigures::hammer, gate, lock).daemon(true).build().start();
        }

        private long contend(int iterations) {
            gate.release();
            long elapsed = acquireRelease(lock, iterations);
            gate.acquire();
            return elapsed;
        }
    }
}
