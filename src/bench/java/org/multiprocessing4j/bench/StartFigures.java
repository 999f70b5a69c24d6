package org.multiprocessing4j.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;

/** Starting a process that does nothing, and joining it; and how soon its target runs. */
final class StartFigures {
    private static final long SETTLE_MILLIS = 100;

    private StartFigures() {}

    static void addTo(Map<String, Figure> figures) {
        figures.put("start.fork", iterations -> start("fork", iterations));
        figures.put("start.forkserver", iterations -> start("forkserver", iterations));
        figures.put("start.forkserver_vs_fork", iterations -> start("forkserver", iterations));
        figures.put("start.spawn", iterations -> start("spawn", iterations));
        for (String method : List.of("fork", "forkserver", "spawn")) {
            figures.put("start.first_statement_" + method, iterations -> firstStatement(method, iterations));
        }
    }

    private static long start(String method, int iterations) {
        Context context = Multiprocessing.getContext(method);
        long begin = System.nanoTime();
        for (int i = 0; i < iterations; i++) {
            try (Process process = context.process(StartFigures::nothing)) {
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

    /**
     * From the start of a process to the first statement of its target: the clock is the same in both.
     *
     * @return the median, as often as there are iterations
     */
    private static long firstStatement(String method, int iterations) throws IOException {
        Context context = Multiprocessing.getContext(method);
        Path file = Files.createTempFile("mp4j-bench-", "");
        long[] times = new long[iterations];
        for (int i = 0; i < iterations; i++) {
            long begin = System.nanoTime();
            try (Process process = context.builder().target(StartFigures::tellTime, file.toString()).build()) {
                process.start();
                process.join();
                times[i] = Long.parseLong(Files.readString(file)) - begin;
            }
        }
        Files.delete(file);
        settle();
        Arrays.sort(times);
        return times[iterations / 2] * iterations;
    }

    /** What is made ready for the next child must not be measured with the peer that comes next. */
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

    private static void tellTime(String file) throws IOException {
        long now = System.nanoTime();
        Files.writeString(Path.of(file), Long.toString(now));
    }
}
