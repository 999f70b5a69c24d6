package org.multiprocessing4j.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.RLock;
import org.multiprocessing4j.Value;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.cli.processes.ThreadDump;
import org.multiprocessing4j.support.BusyThreads;
import org.multiprocessing4j.support.HangReport;

/** A child of {@link Posix#fork} is a whole JVM. */
class LiveForkTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static volatile Object garbage;

    /** Runs the body in a child, which ends with what it answers. */
    static ExitStatus inChild(Callable<Integer> body) {
        int pid = Posix.fork();
        if (pid == 0) {
            int code = 99;
            try {
                code = body.call();
            } catch (Throwable e) {
                e.printStackTrace();
            }
            System.out.flush();
            System.err.flush();
            Posix._exit(code);
        }
        return Posix.waitpid(pid, PATIENCE).orElseGet(() -> {
            String report = HangReport.ofChild(pid);
            Posix.kill(pid, Posix.SIGKILL);
            Posix.waitpid(pid);
            throw new AssertionError("the child hung\n" + report);
        });
    }

    private static int makeGarbage() {
        for (int i = 0; i < 2000; i++) {
            garbage = new byte[64 * 1024];
        }
        System.gc();
        return 0;
    }

    @Test
    void collectsGarbage() {
        assertThat(inChild(LiveForkTest::makeGarbage).exitcode()).isZero();
    }

    @Test
    void startsThreadsAndUsesParallelStreams() {
        assertThat(inChild(() -> {
            int sum = IntStream.rangeClosed(1, 100_000).parallel().map(i -> i % 7).sum();
            Thread thread = new Thread(() -> garbage = "done");
            thread.start();
            thread.join();
            return sum == IntStream.rangeClosed(1, 100_000).map(i -> i % 7).sum() && garbage.equals("done") ? 0 : 1;
        }).exitcode()).isZero();
    }

    @Test
    void loadsClassesAndStartsPrograms() {
        assertThat(inChild(() -> {
            javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder();
            return new ProcessBuilder("/bin/true").start().waitFor();
        }).exitcode()).isZero();
    }

    /** What holds the heap, the code and the classes is moved, and nothing is lost of it. */
    @Test
    void goesOnWhenItsMemoryIsGathered() {
        assertThat(inChild(() -> {
            List<String> kept = IntStream.range(0, 50_000).mapToObj(Integer::toString).toList();
            for (int round = 0; round < 3; round++) {
                Jvm.gather_memory();
                makeGarbage();
                int sum = kept.parallelStream().mapToInt(Integer::parseInt).map(i -> i % 7).sum();
                assertThat(sum).isEqualTo(IntStream.range(0, 50_000).map(i -> i % 7).sum());
                assertThat(inChild(() -> {
                    javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder();
                    return makeGarbage();
                }).exitcode()).isZero();
            }
            return 0;
        }).exitcode()).isZero();
    }

    private static int descriptorOf(Path file) throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path one : all) {
                if (Files.isSymbolicLink(one) && Files.readSymbolicLink(one).equals(file)) {
                    return Integer.parseInt(one.getFileName().toString());
                }
            }
        }
        throw new AssertionError(file + " is not open");
    }

    /** By then its class archive has been moved. */
    @Test
    void goesOnWhenItHasForkedOften() {
        assertThat(inChild(() -> {
            for (int i = 0; i < 60; i++) {
                assertThat(inChild(() -> 0).exitcode()).isZero();
            }
            javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder();
            makeGarbage();
            return inChild(LiveForkTest::makeGarbage).exitcode();
        }).exitcode()).isZero();
    }

    /** It reads on where its parent was, and moves it no further; also where numbers have gaps. */
    @Test
    void hasAnOffsetOfItsOwnInFilesThatAreRead() throws IOException {
        Path file = Files.writeString(Files.createTempFile("mp4j-", ""), "abc");
        try (RandomAccessFile reader = new RandomAccessFile(file.toFile(), "r")) {
            int far = 1000;
            OSException.check(Native.redirect(descriptorOf(file), far));
            assertThat(reader.read()).isEqualTo('a');
            byte[] one = new byte[1];
            assertThat(inChild(() -> reader.read() == 'b' && Posix.read(far, one) == 1 && one[0] == 'b' ? 0 : 1)
                    .exitcode()).isZero();
            assertThat(reader.read()).isEqualTo('b');
            Posix.close(far);
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void exitsWithACodeAndWithoutTheParentsHooks() {
        Thread hook = new Thread(() -> Posix._exit(77));
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            assertThat(inChild(() -> {
                System.exit(3);
                return 4;
            }).exitcode()).isEqualTo(3);
        } finally {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }

    @Test
    void diesOfSigterm() {
        int pid = Posix.fork();
        if (pid == 0) {
            while (true) {
                makeGarbage();
            }
        }
        Posix.kill(pid, Posix.SIGTERM);
        assertThat(Posix.waitpid(pid, PATIENCE).orElseThrow().exitcode()).isEqualTo(-Posix.SIGTERM);
    }

    @Test
    void drawsRandomNumbersOfItsOwn() throws NoSuchAlgorithmException {
        // The generators are in use before the fork, so that their state is inherited.
        UUID.randomUUID();
        SecureRandom strong = SecureRandom.getInstance("NativePRNGNonBlocking");
        strong.nextLong();
        Math.random();
        ThreadLocalRandom.current().nextLong();
        List<String> drawn = new ArrayList<>();
        for (int child = 0; child < 2; child++) {
            Pipe pipe = Posix.pipe();
            inChild(() -> {
                String numbers = UUID.randomUUID() + " " + Math.random() + " " + ThreadLocalRandom.current().nextLong()
                        + " " + strong.nextLong();
                Posix.writeAll(pipe.writer(), numbers.getBytes());
                return 0;
            });
            byte[] buffer = new byte[256];
            drawn.add(new String(buffer, 0, Posix.read(pipe.reader(), buffer)));
            Posix.close(pipe.reader());
            Posix.close(pipe.writer());
        }
        String[] first = drawn.get(0).split(" ");
        String[] second = drawn.get(1).split(" ");
        assertThat(first).hasSize(4);
        for (int i = 0; i < first.length; i++) {
            assertThat(first[i]).isNotEqualTo(second[i]);
        }
    }

    @Test
    void knowsItsPid() {
        assertThat(inChild(() -> ProcessHandle.current().pid() == Posix.getpid() ? 0 : 1).exitcode()).isZero();
    }

    @Test
    void forksAgain() {
        assertThat(inChild(() -> inChild(LiveForkTest::makeGarbage).exitcode()).exitcode()).isZero();
    }

    @Test
    void answersJcmd(@TempDir Path scratch) throws IOException, InterruptedException {
        Pipe pipe = Posix.pipe();
        int pid = Posix.fork();
        if (pid == 0) {
            Posix.close(pipe.writer());
            Posix.read(pipe.reader(), new byte[1]); // until the parent has its answer, or has ended
            Posix._exit(0);
        }
        try {
            assertThat(ThreadDump.ofJvm(Path.of(System.getProperty("java.home")), pid, scratch)).hasValueSatisfying(
                    dump -> assertThat(dump).contains("LiveForkTest.answersJcmd"));
        } finally {
            Posix.writeAll(pipe.writer(), new byte[1]);
            assertThat(Posix.waitpid(pid, PATIENCE)).isPresent();
            Posix.close(pipe.writer());
            Posix.close(pipe.reader());
        }
    }

    @Test
    void doesNotHoldWhatItsParentHolds() {
        RLock lock = new RLock();
        lock.acquire();
        assertThat(inChild(() -> lock.acquire(Duration.ofMillis(50)) ? 1 : 0).exitcode()).isZero();
        lock.release();
        assertThat(inChild(() -> lock.acquire(PATIENCE) ? 0 : 1).exitcode()).isZero();
    }

    private static void add(Value<Integer> value) {
        value.getAndAdd(1);
    }

    @Test
    void hasChildrenOfItsOwn() {
        try (Value<Integer> value = Value.of(CType.INT, 0);
                Process ours = Process.of(LiveForkTest::add, value)) {
            ours.start();
            ExitStatus status = inChild(() -> {
                boolean none = Multiprocessing.activeChildren().isEmpty();
                Process theirs = Process.of(LiveForkTest::add, value);
                theirs.start();
                return none && theirs.join(PATIENCE) && theirs.exitcode() == 0 ? 0 : 1;
            });
            assertThat(ours.join(PATIENCE)).isTrue();
            assertThat(status.exitcode()).isZero();
            assertThat(value.getInt()).isEqualTo(2);
        }
    }

    @Test
    void survivesOtherThreadsAtWork() throws InterruptedException {
        Thread busy = new Thread(() -> {
            while (!Thread.interrupted()) {
                garbage = new byte[16 * 1024];
            }
        });
        busy.start();
        try {
            for (int i = 0; i < 30; i++) {
                assertThat(inChild(LiveForkTest::makeGarbage).exitcode()).isZero();
            }
        } finally {
            busy.interrupt();
            busy.join();
        }
    }

    /** But those of a pool's that earlier tests may have left: a child has them at once. */
    private static int countThreads() throws IOException {
        int count = 0;
        for (File thread : new File("/proc/self/task").listFiles()) {
            try {
                count += Files.readString(thread.toPath().resolve("comm")).startsWith("ForkJoinPool") ? 0 : 1;
            } catch (NoSuchFileException e) {
                continue; // it has ended
            }
        }
        return count;
    }

    @Test
    void makesTheJvmsThreadsOnlyInAChildThatLivesOn() throws IOException {
        int most = countThreads();
        int least = most;
        // If the JVM is busy at a fork, its threads go on at once.
        for (int i = 0; i < 200 && least > 3; i++) {
            least = inChild(LiveForkTest::countThreads).exitcode();
        }
        assertThat(least).isLessThanOrEqualTo(3);
        assertThat(inChild(() -> {
            Awaitility.await().atMost(PATIENCE).until(() -> countThreads() >= most - 2);
            return makeGarbage();
        }).exitcode()).isZero();
    }

    @Test
    void childrenOfChildrenThatHaveJustBegunAreWhole() {
        for (int i = 0; i < 20; i++) {
            assertThat(inChild(() -> inChild(() -> inChild(LiveForkTest::makeGarbage).exitcode()).exitcode())
                    .exitcode()).isZero();
        }
    }

    /** A thread that is being started is nowhere in the JVM's list, and who starts it may wait for it. */
    @Test
    void aThreadThatIsBeingStartedIsNotLost() {
        AtomicBoolean over = new AtomicBoolean();
        LongAdder started = new LongAdder();
        startAgain(over, started);
        try {
            for (int i = 0; i < 60; i++) {
                assertThat(inChild(() -> {
                    System.gc(); // asks every thread of the JVM's list
                    return 0;
                }).exitcode()).isZero();
            }
            assertThat(started.sum()).isPositive();
        } finally {
            over.set(true);
        }
    }

    /** The JDK's timer, which is no thread of the application's, starts a thread in each millisecond. */
    private static void startAgain(AtomicBoolean over, LongAdder started) {
        CompletableFuture.delayedExecutor(1, TimeUnit.MILLISECONDS, task -> new Thread(task).start()).execute(() -> {
            started.increment();
            if (!over.get()) {
                startAgain(over, started);
            }
        });
    }

    /**
     * One that is ending is in no list either, but waits in the JVM for those that look at the list; and in which
     * thread the next one's number is counted, under a lock of the class, must not matter to the child.
     */
    @Test
    void threadsThatEndAreNotLost() {
        Callable<?> startAndJoin = () -> {
            Thread thread = new Thread(() -> {});
            thread.start();
            thread.join();
            return thread;
        };
        BusyThreads others = new BusyThreads()
                .with(startAndJoin)
                .with(startAndJoin)
                .with(Thread::getAllStackTraces);
        try (others) {
            for (int i = 0; i < 60; i++) {
                assertThat(inChild(() -> {
                    for (int j = 0; j < 20; j++) {
                        Thread looking = new Thread(Thread::getAllStackTraces);
                        Thread ending = new Thread(() -> {});
                        looking.start();
                        ending.start();
                        looking.join();
                        ending.join();
                    }
                    return 0;
                }).exitcode()).isZero();
            }
        }
    }

    @Test
    void theParentsJvmWorksOnBetweenForks() {
        for (int i = 0; i < 30; i++) {
            assertThat(inChild(() -> 0).exitcode()).isZero();
            makeGarbage();
        }
    }
}
