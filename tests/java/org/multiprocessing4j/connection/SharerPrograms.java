package org.multiprocessing4j.connection;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SortedMap;
import org.awaitility.Awaitility;
import org.multiprocessing4j.ForkingPickler;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.Threads;

/** The programs of {@link ResourceSharerTest}: with limits, which hold for a process. */
final class SharerPrograms {

    private SharerPrograms() {}

    private static void exchange(Pipe pipe) throws IOException {
        try (Connection copy = (Connection) ForkingPickler.loads(ForkingPickler.dumps(pipe.writer()), null)) {
            copy.send("hello");
        }
        System.out.println(pipe.reader().recv());
    }

    /** There is no memory for the stack of the sharer's thread, for a while. */
    static final class NoThread {
        /** More than what else is needed meanwhile, and less than such a stack. */
        private static final long ROOM = 32 << 20;

        private NoThread() {}

        public static void main(String[] args) throws Exception {
            try (Pipe pipe = Pipe.open(false)) {
                exchange(pipe);
                Awaitility.await().atMost(Gate.PATIENCE).until(() -> ResourceSharerTest.threads() == 0);
                takeStacks();
                long enough = virtualMemory() + ROOM;
                limitMemory("unlimited"); // what the JDK opens for that, and keeps, it has now
                SortedMap<Integer, String> before = ProcFs.openFiles();
                limitMemory(String.valueOf(enough));
                try {
                    ForkingPickler.dumps(pipe.writer());
                    System.out.println("there was memory");
                } catch (OutOfMemoryError e) {
                    System.out.println("no memory");
                } finally {
                    limitMemory("unlimited");
                }
                SortedMap<Integer, String> left = ProcFs.openFiles();
                left.entrySet().removeAll(before.entrySet());
                System.out.println("left: " + left);
                exchange(pipe);
            }
        }

        /** Those of threads that have ended, which the C library has kept for the next ones. */
        private static void takeStacks() {
            for (int i = 0; i < 4; i++) {
                Threads.runAsync(new Gate()::pass);
            }
        }

        private static long virtualMemory() throws IOException {
            return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmSize:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")) << 10).findFirst().orElseThrow();
        }

        private static void limitMemory(String bytes) throws IOException, InterruptedException {
            Process prlimit = new ProcessBuilder(
                    "prlimit", "--pid", String.valueOf(Posix.getpid()), "--as=" + bytes + ":").inheritIO().start();
            if (prlimit.waitFor() != 0) {
                throw new AssertionError("prlimit failed");
            }
        }
    }

    /** There is no descriptor free to receive one with. */
    static final class NoDescriptors {
        private NoDescriptors() {}

        public static void main(String[] args) throws Exception {
            try (Pipe pipe = Pipe.open(false)) {
                exchange(pipe);
                byte[] message = ForkingPickler.dumps(pipe.writer());
                ((Connection) ForkingPickler.loads(message, null)).close();
                load(message); // so that what is needed to tell of a failure is loaded
                message = ForkingPickler.dumps(pipe.writer());
                Deque<DupFd> all = new ArrayDeque<>();
                fill(all, pipe.writer().fileno());
                load(message);
                all.forEach(DupFd::close);
                load(message);
            }
        }

        private static void fill(Deque<DupFd> all, int fd) {
            try {
                while (true) {
                    all.add(new DupFd(fd));
                }
            } catch (OSException e) {
                System.out.println(all.isEmpty() ? "none" : "all taken");
            }
        }

        private static void load(byte[] message) {
            try (Connection connection = (Connection) ForkingPickler.loads(message, null)) {
                System.out.println("received " + connection.writable());
            } catch (UncheckedIOException e) {
                System.out.println(e.getCause().getMessage());
            }
        }
    }
}
