package org.multiprocessing4j.bench;

import java.util.Map;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;

/** Starting a process that does nothing, and joining it. */
final class StartFigures {
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
        return System.nanoTime() - begin;
    }

    private static void nothing() {
        // the target
    }
}
