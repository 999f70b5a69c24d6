package org.multiprocessing4j.bench;

import java.util.Map;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;

/** Starting a process that does nothing, and joining it. */
final class StartFigures {
    private static final long SETTLE_MILLIS = 100;

    private StartFigures() {}

    static void addTo(Map<String, Figure> figures) {
        figures.put("start.spawn", iterations -> start("spawn", iterations));
    }

    private static long start(String method, int iterations) {
        Context context = Multiprocessing.getContext(method);
        long begin = System.nanoTime();
        for (int i = 0; i < iterations; i++) {
            try (Process process = Process.builder().target(StartFigures::nothing).context(context).build()) {
                process.start();
                process.join();
                if (process.exitcode() != 0) {
                    throw new IllegalStateException("the child ended with " + process.exitcode());
                }
            }
        }
        long elapsed = System.nanoTime() - begin;
        settle();
        return elapsed;
    }

    /** A JVM for the next child boots already: its boot must not be measured with the peer that comes next. */
    private static void settle() {
        try {
            Thread.sleep(SETTLE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void nothing() {
        // the target
    }
}
