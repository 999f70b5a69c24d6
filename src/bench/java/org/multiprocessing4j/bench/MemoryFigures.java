package org.multiprocessing4j.bench;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;

/** The memory of a child that waits: PSS, where shared pages count in part, and USS, which is its own alone. */
final class MemoryFigures {
    private static final Set<String> PSS = Set.of("Pss:");
    private static final Set<String> USS = Set.of("Private_Clean:", "Private_Dirty:");

    private MemoryFigures() {}

    static void addTo(Map<String, Figure> figures) {
        for (String method : List.of("fork", "forkserver", "spawn")) {
            figures.put("memory.idle_child_" + method + "_pss", iterations -> idleChild(method, PSS, iterations));
            figures.put("memory.idle_child_" + method + "_uss", iterations -> idleChild(method, USS, iterations));
        }
    }

    /** Starts processes that wait, and adds up what the kernel says of their memory, in KiB. */
    @SuppressWarnings("try") // the other end waits for the opening and the closing
    private static long idleChild(String method, Set<String> fields, int iterations)
            throws IOException, InterruptedException {
        Context context = Multiprocessing.getContext(method);
        Path directory = Files.createTempDirectory("mp4j-bench-");
        Path fifo = directory.resolve("fifo");
        new ProcessBuilder("mkfifo", fifo.toString()).inheritIO().start().waitFor();
        long total = 0;
        for (int i = 0; i < iterations; i++) {
            try (Process process = context.builder().target(MemoryFigures::waitFor, fifo.toString()).build()) {
                process.start();
                try (FileOutputStream end = new FileOutputStream(fifo.toFile())) {
                    total += memory(process.pid(), fields);
                }
                process.join();
            }
        }
        Files.delete(fifo);
        Files.delete(directory);
        return total;
    }

    private static long memory(long pid, Set<String> fields) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup")).stream()
                .map(line -> line.split("\\s+"))
                .filter(words -> fields.contains(words[0]))
                .mapToLong(words -> Long.parseLong(words[1]))
                .sum();
    }

    /** The target: waits until the other end of the FIFO has been opened, and closed again. */
    private static void waitFor(String fifo) throws IOException {
        try (FileInputStream end = new FileInputStream(fifo)) {
            if (end.read() >= 0) {
                throw new IOException("nothing was to come");
            }
        }
    }
}
