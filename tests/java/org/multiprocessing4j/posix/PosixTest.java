package org.multiprocessing4j.posix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.Threads;

/** The bare primitives, and how each fails. */
class PosixTest {

    private static final int ENOENT = 2;
    private static final int ESRCH = 3;
    private static final int E2BIG = 7;
    private static final int EBADF = 9;
    private static final int ECHILD = 10;
    private static final int EACCES = 13;
    private static final int EINVAL = 22;
    private static final int EPIPE = 32;

    private static final int NOBODY = 0x3fffffff; // beyond the largest pid there can be
    private static final int CLOSED = 1 << 20; // beyond the largest descriptor in use
    private static final Duration MOMENT = Duration.ofMillis(40);

    private static void assertFails(int errno, String call, ThrowingCallable code) {
        assertThatThrownBy(code).asInstanceOf(type(OSException.class))
                .returns(errno, OSException::errno).returns(call, OSException::call);
    }

    /** A shell that runs a script, with descriptors from 3 on. */
    private static int shell(String script, int... keep) {
        return Posix.spawn(List.of("/bin/sh", "-c", script), keep);
    }

    private static ExitStatus finish(int pid) {
        return Posix.waitpid(pid, Gate.PATIENCE).orElseThrow();
    }

    /** All that can be read until the end; closes the descriptor. */
    private static String drain(int fd) {
        StringBuilder text = new StringBuilder();
        byte[] buffer = new byte[100];
        for (int count = Posix.read(fd, buffer); count > 0; count = Posix.read(fd, buffer)) {
            text.append(new String(buffer, 0, count, UTF_8));
        }
        Posix.close(fd);
        return text.toString();
    }

    /** What a shell's script writes to its descriptor 3. */
    private static String outputOf(String script) {
        Pipe pipe = Posix.pipe();
        int pid = shell(script, pipe.writer());
        Posix.close(pipe.writer());
        String text = drain(pipe.reader());
        assertThat(finish(pid).exitcode()).isZero();
        return text;
    }

    @Test
    void waitpidTellsHowAChildEnded() {
        assertThat(Posix.waitpid(shell("exit 3"))).isEqualTo(new ExitStatus(3 << 8));
        assertThat(Posix.waitpid(shell("kill -9 $$"))).isEqualTo(new ExitStatus(9));
        assertThat(finish(shell("kill -TERM $$")).exitcode()).isEqualTo(-15);
    }

    @Test
    void waitpidKnowsChildrenAlone() {
        int reaped = shell("exit 0");
        Posix.waitpid(reaped);
        assertFails(ECHILD, "waitpid", () -> Posix.waitpid(reaped));
        assertFails(ECHILD, "waitpid", () -> Posix.waitpid(Posix.getpid()));
        assertFails(ECHILD, "waitpid", () -> Posix.tryWaitpid(Posix.getppid()));
        assertFails(ECHILD, "waitpid", () -> Posix.waitpid(NOBODY, MOMENT));
        for (int notOne : new int[] {0, -1, -reaped}) {
            assertThatIllegalArgumentException().isThrownBy(() -> Posix.waitpid(notOne));
            assertThatIllegalArgumentException().isThrownBy(() -> Posix.waitpid(notOne, MOMENT));
        }
    }

    @Test
    void waitpidWaitsNoLongerThanItIsTold() {
        int pid = shell("exec sleep 60");
        long start = System.nanoTime();
        assertThat(Posix.waitpid(pid, MOMENT)).isEmpty();
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(MOMENT.toNanos());
        assertThat(Posix.waitpid(pid, Duration.ofSeconds(-1))).isEmpty();
        assertThat(Posix.tryWaitpid(pid)).isEmpty();
        Posix.kill(pid, Posix.SIGKILL);
        assertThat(Posix.waitpid(pid, ChronoUnit.FOREVER.getDuration())).hasValue(new ExitStatus(9));
    }

    @Test
    void aPipeCarriesBytesUntilItsWriterIsClosed() {
        Pipe pipe = Posix.pipe();
        Posix.writeAll(pipe.writer(), "hello".getBytes(UTF_8));
        Posix.writeAll(pipe.writer(), "<<, world>>".getBytes(UTF_8), 2, 7);
        byte[] four = new byte[4];
        assertThat(Posix.read(pipe.reader(), four)).isEqualTo(4);
        assertThat(new String(four, UTF_8)).isEqualTo("hell");
        Posix.close(pipe.writer());
        assertThat(drain(pipe.reader())).isEqualTo("o, world");
    }

    @Test
    void writeAllWritesMoreThanThePipeHolds() {
        Pipe pipe = Posix.pipe();
        byte[] much = new byte[1 << 20];
        Arrays.fill(much, (byte) 'x');
        CompletableFuture<String> reader = Threads.supplyAsync(() -> drain(pipe.reader()));
        Posix.writeAll(pipe.writer(), much);
        Posix.close(pipe.writer());
        assertThat(reader.join()).hasSize(much.length).doesNotContain("\0");
    }

    @Test
    void readingAndWritingMayFail() {
        Pipe pipe = Posix.pipe();
        assertFails(EBADF, "read", () -> Posix.read(pipe.writer(), new byte[1]));
        assertFails(EBADF, "write", () -> Posix.writeAll(pipe.reader(), new byte[1]));
        Posix.close(pipe.reader());
        assertFails(EPIPE, "write", () -> Posix.writeAll(pipe.writer(), new byte[1]));
        Posix.close(pipe.writer());
        assertFails(EBADF, "read", () -> Posix.read(CLOSED, new byte[1]));
        assertFails(EBADF, "write", () -> Posix.writeAll(-1, new byte[1]));
        assertFails(EBADF, "close", () -> Posix.close(CLOSED));
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> Posix.writeAll(1, new byte[2], 1, 2));
    }

    @Test
    void waitReadableTellsWhetherThereIsSomethingOrTheEnd() {
        Pipe pipe = Posix.pipe();
        long start = System.nanoTime();
        assertThat(Posix.waitReadable(pipe.reader(), MOMENT)).isFalse();
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(MOMENT.toNanos());
        assertThat(Posix.waitReadable(pipe.reader(), Duration.ofDays(-1))).isFalse();
        assertThat(Posix.waitReadable(pipe.reader(), Duration.ofNanos(1))).isFalse();
        CompletableFuture<Boolean> forEver =
                Threads.supplyAsync(() -> Posix.waitReadable(pipe.reader(), null));
        Posix.writeAll(pipe.writer(), new byte[1]);
        assertThat(forEver).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
        assertThat(Posix.waitReadable(pipe.reader(), ChronoUnit.FOREVER.getDuration())).isTrue();
        Posix.close(pipe.writer());
        Posix.read(pipe.reader(), new byte[1]);
        assertThat(Posix.waitReadable(pipe.reader(), Duration.ZERO)).as("at the end").isTrue();
        Posix.close(pipe.reader());
        assertFails(EBADF, "poll", () -> Posix.waitReadable(CLOSED, MOMENT));
        assertFails(EBADF, "poll", () -> Posix.waitReadable(-1, null));
    }

    @Test
    void killSendsSignals() {
        int pid = shell("exec sleep 60");
        Posix.kill(pid, 0);
        Posix.kill(pid, Posix.SIGTERM);
        assertThat(finish(pid).exitcode()).isEqualTo(-15);
        assertFails(ESRCH, "kill", () -> Posix.kill(pid, Posix.SIGTERM));
        assertFails(ESRCH, "kill", () -> Posix.kill(NOBODY, 0));
        assertFails(EINVAL, "kill", () -> Posix.kill(Posix.getpid(), 1000));
    }

    @Test
    void knowsItsPids() {
        assertThat(Posix.getpid()).isEqualTo((int) ProcessHandle.current().pid());
        assertThat(Posix.getppid())
                .isEqualTo(ProcessHandle.current().parent().map(parent -> (int) parent.pid()).orElse(0));
    }

    @Test
    void aPidfdIsReadableWhenTheProcessHasEnded() {
        int pid = shell("exec sleep 60");
        int pidfd = Posix.pidfdOpen(pid);
        assertThat(Posix.waitReadable(pidfd, Duration.ZERO)).isFalse();
        Posix.kill(pid, Posix.SIGKILL);
        assertThat(Posix.waitReadable(pidfd, Gate.PATIENCE)).isTrue();
        Posix.waitpid(pid);
        Posix.close(pidfd);
        assertFails(ESRCH, "pidfd_open", () -> Posix.pidfdOpen(pid));
        assertFails(EINVAL, "pidfd_open", () -> Posix.pidfdOpen(-1));
    }

    @Test
    void processStateFollowsTheProcess() {
        int pid = shell("exec sleep 60");
        awaitState(pid, ProcessState.SLEEPING);
        Posix.kill(pid, Posix.SIGSTOP);
        awaitState(pid, ProcessState.STOPPED);
        Posix.kill(pid, Posix.SIGCONT);
        awaitState(pid, ProcessState.SLEEPING);
        Posix.kill(pid, Posix.SIGKILL);
        awaitState(pid, ProcessState.ZOMBIE);
        Posix.waitpid(pid);
        assertThat(Posix.processState(pid)).isEmpty();
        assertThat(Posix.processState(NOBODY)).isEmpty();
        assertThat(Posix.processState(Posix.getpid())).isPresent();
    }

    private static void awaitState(int pid, ProcessState state) {
        Awaitility.await().pollInterval(Duration.ofMillis(5)).atMost(Gate.PATIENCE)
                .until(() -> Posix.processState(pid).filter(state::equals).isPresent());
    }

    @Test
    void spawnDealsOutDescriptorsFromThree() {
        Pipe first = Posix.pipe();
        Pipe second = Posix.pipe();
        int pid = shell("read line <&4; echo \"got $line\" >&3", second.writer(), first.reader());
        Posix.close(second.writer());
        Posix.close(first.reader());
        Posix.writeAll(first.writer(), "it\n".getBytes(UTF_8));
        assertThat(drain(second.reader())).isEqualTo("got it\n");
        assertThat(finish(pid).code()).isZero();
        Posix.close(first.writer());
    }

    @Test
    void spawnGivesNoOtherDescriptor() {
        Pipe unrelated = Posix.pipe();
        assertThat(outputOf("cd /proc/$$/fd && echo * >&3")).matches("0 1 2 3( \\d+)?\n");
        Posix.close(unrelated.reader());
        Posix.close(unrelated.writer());
    }

    @Test
    void spawnMayDealTheSameDescriptorTwiceAndInAnyOrder() {
        Pipe pipe = Posix.pipe();
        int pid = Posix.spawn(List.of("/bin/sh", "-c", "echo a >&3; echo b >&4; echo c >&5"), pipe.writer(),
                pipe.writer(), pipe.writer());
        Posix.close(pipe.writer());
        assertThat(drain(pipe.reader())).isEqualTo("a\nb\nc\n");
        assertThat(finish(pid).code()).isZero();
    }

    @Test
    void spawnSetsNameEnvironmentAndStandardInput() {
        Pipe in = Posix.pipe();
        Pipe out = Posix.pipe();
        String script = "read line; echo \"$0 $line $X ${HOME-none}\" >&3";
        List<String> arguments = List.of("another name", "-c", script, "zero");
        int pid = Posix.spawn("/bin/sh", arguments, List.of("X=ä ö"), in.reader(), out.writer());
        Posix.close(in.reader());
        Posix.close(out.writer());
        Posix.writeAll(in.writer(), "typed\n".getBytes(UTF_8));
        Posix.close(in.writer());
        assertThat(drain(out.reader())).isEqualTo("zero typed ä ö none\n");
        assertThat(finish(pid).code()).isZero();
    }

    @Test
    void spawnInheritsTheEnvironmentByDefault() {
        assertThat(outputOf("echo \"$PATH\" >&3")).isEqualTo(System.getenv("PATH") + "\n");
    }

    @Test
    void whatIsSpawnedHasDefaultSignalActions() {
        assertThat(signals("SigBlk")).isZero();
        // The JVM ignores SIGPIPE. glibc has 32 and 33 to itself, and ignores them in what it spawns.
        assertThat(signals("SigIgn") & ~(1L << 31 | 1L << 32)).isZero();
    }

    private static long signals(String which) {
        String line = outputOf("grep ^" + which + " /proc/self/status >&3");
        return Long.parseUnsignedLong(line.trim().replaceFirst(".*\\s", ""), 16);
    }

    @Test
    void spawnStartsNothingIfItFails() {
        assertFails(ENOENT, "posix_spawn", () -> Posix.spawn(List.of("/nonexistent/program")));
        assertFails(EACCES, "posix_spawn", () -> Posix.spawn(List.of("/etc/passwd")));
        assertFails(E2BIG, "posix_spawn", () -> Posix.spawn(List.of("/bin/true", "x".repeat(200_000))));
        assertFails(EBADF, "fcntl", () -> Posix.spawn(List.of("/bin/true"), CLOSED));
        assertFails(EBADF, "fcntl",
                () -> Posix.spawn("/bin/true", List.of("true"), null, CLOSED));
        assertThatIllegalArgumentException().isThrownBy(() -> Posix.spawn(List.of("/bin/true", "a\0b")))
                .withMessage("NUL character in \"a\\0b\"");
        assertThatThrownBy(() -> Posix.spawn(List.of())).isInstanceOf(RuntimeException.class);
    }

    @Test
    void aForkedChildGoesOnByItself() {
        Pipe pipe = Posix.pipe();
        int parent = Posix.getpid();
        byte[] right = "child of mine".getBytes(UTF_8);
        byte[] wrong = "somebody else".getBytes(UTF_8);
        int pid = Posix.fork();
        if (pid == 0) {
            Posix.writeAll(pipe.writer(), Posix.getppid() == parent && Posix.getpid() != parent ? right : wrong);
            Posix._exit(7);
        }
        Posix.close(pipe.writer());
        assertThat(drain(pipe.reader())).isEqualTo("child of mine");
        assertThat(finish(pid)).isEqualTo(new ExitStatus(7 << 8));
    }

    @Test
    void aForkedChildSharesMappingsAndSemaphores() {
        try (Mapping mapping = Posix.mmap(4096)) {
            Semaphore ready = Posix.semInit(mapping, 64, 0);
            var memory = mapping.buffer();
            int pid = Posix.fork();
            if (pid == 0) {
                memory.putInt(0, 42);
                ready.post();
                Posix._exit(300);
            }
            assertThat(ready.timedWait(Gate.PATIENCE)).isTrue();
            assertThat(memory.getInt(0)).isEqualTo(42);
            assertThat(finish(pid).code()).as("eight bits").isEqualTo(44);
            ready.destroy();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, true, 0, 0, false, 0", "768, true, 3, 0, false, 3", "65280, true, 255, 0, false, 255",
        "9, false, 0, 9, false, -9", "15, false, 0, 15, false, -15", "139, false, 0, 11, true, -11"
    })
    void exitStatusDecodesTheStatusWord(int raw, boolean exited, int code, int signal, boolean core, int exitcode) {
        ExitStatus status = new ExitStatus(raw);
        assertThat(status.exited()).isEqualTo(exited);
        assertThat(status.signaled()).isEqualTo(!exited);
        assertThat(status.code()).isEqualTo(code);
        assertThat(status.signal()).isEqualTo(signal);
        assertThat(status.coreDumped()).isEqualTo(core);
        assertThat(status.exitcode()).isEqualTo(exitcode);
    }

    @Test
    void osExceptionsNameTheErrorAndTheCall() {
        assertThat(new OSException(ENOENT, "open")).hasMessage("ENOENT: No such file or directory (open)");
        assertThat(new OSException(9999, "open")).hasMessage("unknown error (open)");
        assertThat(OSException.check(5)).isEqualTo(5);
        assertThat(OSException.check(1L << 40)).isEqualTo(1L << 40);
    }
}
