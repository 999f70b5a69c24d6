package org.multiprocessing4j;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Main programs that use queues with limits, which hold for a process. */
final class QueuePrograms {

    private QueuePrograms() {}

    private static boolean isArena(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().contains("memfd:");
        } catch (NoSuchFileException e) {
            return false; // that of the listing itself
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Uses and closes as many of each kind as its argument says, and tells what is left of them. */
    static final class OpensAndCloses {
        private OpensAndCloses() {}

        public static void main(String[] args) throws Exception {
            List<Supplier<BasicQueue<Integer>>> kinds = List.of(Queue::new, JoinableQueue::new, SimpleQueue::new);
            for (Supplier<BasicQueue<Integer>> kind : kinds) {
                use(kind.get(), 0);
            }
            long descriptors = descriptors();
            long mappings = mappings();
            int count = 0;
            for (Supplier<BasicQueue<Integer>> kind : kinds) {
                for (int i = 0; i < Integer.parseInt(args[0]); i++) {
                    use(kind.get(), i);
                    count++;
                }
            }
            System.out.printf("%d queues, %d descriptors, %d mappings%n",
                    count, descriptors() - descriptors, mappings() - mappings);
        }

        private static void use(BasicQueue<Integer> queue, int message) throws InterruptedException {
            queue.put(message);
            if (queue.get() != message) {
                throw new AssertionError("another message");
            }
            if (queue instanceof JoinableQueue<Integer> joinable) {
                joinable.taskDone();
            }
            queue.close();
        }

        private static long descriptors() throws IOException {
            try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
                return all.filter(QueuePrograms::isArena).count();
            }
        }

        private static long mappings() throws IOException {
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
                return lines.filter(line -> line.contains("/memfd:")).count();
            }
        }
    }
}
