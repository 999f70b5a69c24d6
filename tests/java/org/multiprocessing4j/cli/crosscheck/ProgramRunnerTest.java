package org.multiprocessing4j.cli.crosscheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.cli.processes.ProcessInfo;
import org.multiprocessing4j.cli.processes.RunScope;

/** Runs real programs, small ones, and looks for what they leave behind. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProgramRunnerTest {
    private static final Duration PLENTY = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(1500);

    /** Stands in a command line of every process that a test starts and that must not outlive it. */
    private final String tag = "mp4jtest" + UUID.randomUUID().toString().replace("-", "");
    private ProgramRunner runner;

    @TempDir
    private Path directory;

    @BeforeEach
    void makeRunner() {
        runner = new ProgramRunner();
    }

    @AfterEach
    void nothingIsLeftBehind() {
        runner.close();
        List<ProcessInfo> left = tagged();
        left.forEach(process -> ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly));
        assertThat(left).isEmpty();
    }

    private List<ProcessInfo> tagged() {
        try {
            return ProcessInfo.all().stream().filter(process -> process.command().contains(tag)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text of a bash function that becomes a process of 100 s with the tag in its command line. */
    private String sleeper() {
        return "sleeper() { exec -a " + tag + " sleep 100; }\n";
    }

    private RunResult run(Duration limit, String script) throws IOException, InterruptedException {
        return runner.run(List.of("bash", "-c", script), null, limit);
    }

    @Test
    void collectsBothStreamsAndTheExitCode() throws Exception {
        RunResult result = run(PLENTY, "echo out; echo err >&2; printf 'no end ö'; exit 7");

        assertThat(result.stdout()).isEqualTo("out\nno end ö");
        assertThat(result.stderr()).isEqualTo("err\n");
        assertThat(result.exitCode()).hasValue(7);
        assertThat(result.trouble()).isEmpty();
        assertThat(result.seconds()).isBetween(0.0, 30.0);
    }

    @Test
    void tellsTheSignalThatEndedAProgram() throws Exception {
        assertThat(run(PLENTY, "kill -SEGV $$").exitCode()).hasValue(128 + 11);
    }

    @Test
    void readsWhatAnOrphanWritesAfterTheEndOfTheFirstProcess() throws Exception {
        RunResult result = run(PLENTY, "(while kill -0 $$ 2>/dev/null; do sleep 0.01; done; echo late) & echo first");

        assertThat(result.stdout()).isEqualTo("first\nlate\n");
        assertThat(result.exitCode()).hasValue(0);
        assertThat(result.trouble()).isEmpty();
    }

    @Test
    void givesAProgramNoInputAndAnEmptyDirectoryThatIsRemoved() throws Exception {
        RunResult result = run(PLENTY, "cat; ls -A; touch junk; mkdir -p a/b; pwd");

        Path place = Path.of(result.stdout().strip());
        assertThat(place).isAbsolute().doesNotExist();
        assertThat(place.getParent()).doesNotExist();
    }

    @Test
    void runsInAGivenDirectory() throws Exception {
        RunResult result = runner.run(List.of("pwd"), directory, PLENTY);

        assertThat(Path.of(result.stdout().strip()).toRealPath()).isEqualTo(directory.toRealPath());
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void runsAProgramInASessionOfItsOwn() throws Exception {
        RunResult result = run(PLENTY,
                "read -r pid comm state ppid pgrp session rest </proc/$$/stat; echo $pid $session");

        String[] numbers = result.stdout().strip().split(" ");
        assertThat(numbers[0]).isEqualTo(numbers[1]);
    }

    @Test
    void keepsPythonFromWritingLinesInPieces() {
        Map<String, String> environment = new HashMap<>(Map.of("PYTHONUNBUFFERED", "1", "OTHER", "x"));

        ProgramRunner.prepare(environment, "id");

        assertThat(environment).doesNotContainKey("PYTHONUNBUFFERED").containsEntry("OTHER", "x")
                .containsEntry(RunScope.MARK, "id");
    }

    @Test
    void aProgramThatCannotBeStartedIsAnError() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> runner.run(List.of("true"), directory.resolve("missing"), PLENTY));
    }

    @Test
    void describesAndKillsAHungProgramWithItsChildren() throws Exception {
        RunResult result = run(SHORT, sleeper() + "echo started; (sleeper; exit 1) & sleeper & wait; exit 2");

        assertThat(result.exitCode()).isEmpty();
        assertThat(result.stdout()).isEqualTo("started\n");
        assertThat(result.seconds()).isBetween(1.5, 20.0);
        assertThat(result.trouble()).startsWith("no end within 1.5 s; its processes:\n")
                .containsPattern("(?m)^  \\d+  S( \\(\\w+\\))?  bash -c ")
                .containsPattern("(?m)^    +\\d+  S( \\(\\w+\\))?  " + tag + " 100$");
        assertThat(result.trouble().split(tag + " 100", -1)).hasSize(3);
    }

    @Test
    void killsAnOrphanThatHoldsTheOutput() throws Exception {
        RunResult result = run(SHORT, sleeper() + "sleeper & echo gone");

        assertThat(result.exitCode()).isEmpty();
        assertThat(result.stdout()).isEqualTo("gone\n");
        assertThat(result.trouble()).contains("no end within", tag);
    }

    @Test
    void killsADaemonThatHasLeftSessionAndEnvironmentBehind() throws Exception {
        RunResult result = run(SHORT, "(setsid env -i bash -c 'exec -a " + tag + " sleep 100' &) ; echo gone");

        assertThat(result.stdout()).isEqualTo("gone\n");
        assertThat(result.trouble()).contains("no end within", tag);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sleeper", "setsid bash -c 'exec -a %s sleep 100'"})
    void tellsOfAProcessThatIsLeftBehindAndKillsIt(String command) throws Exception {
        String quiet = "(" + command.formatted(tag) + ") </dev/null >/dev/null 2>&1";
        RunResult result = run(PLENTY, sleeper() + quiet + " & echo gone");

        assertThat(result.exitCode()).hasValue(0);
        assertThat(result.stdout()).isEqualTo("gone\n");
        assertThat(result.trouble()).startsWith("left these processes behind:\n").contains(tag + " 100");
    }

    @Test
    void forgivesAProcessThatEndsSoonAfterTheProgram() throws Exception {
        assertThat(run(PLENTY, "sleep 0.2 </dev/null >/dev/null 2>&1 & echo gone").trouble()).isEmpty();
    }

    @Test
    void killsProgramsThatKeepForking() throws Exception {
        RunResult result = run(SHORT, sleeper() + "for i in {1..2000}; do sleeper & sleep 0.005; done; wait");

        assertThat(result.trouble()).contains("no end within", tag);
    }

    @Test
    void killsProgramsThatIgnoreSignals() throws Exception {
        assertThat(run(SHORT, "trap '' TERM INT HUP; " + sleeper() + "sleeper & wait; wait").trouble()).contains(tag);
    }

    @Test
    void keepsTheBeginningOfAnEndlessOutput() throws Exception {
        int size = OutputPipe.LIMIT_BYTES + 100_000;
        RunResult result = run(PLENTY, "head -c " + size + " /dev/zero | tr '\\0' x; echo e >&2");

        assertThat(result.exitCode()).hasValue(0);
        assertThat(result.stdout()).startsWith("xxx").hasSizeLessThan(OutputPipe.LIMIT_BYTES + 100)
                .contains("[output cut after ");
        assertThat(result.stderr()).isEqualTo("e\n");
    }

    @Test
    void killsTheProgramIfItsThreadIsInterrupted() throws Exception {
        Thread waiting = new Thread(() -> assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> run(PLENTY, sleeper() + "sleeper")));
        waiting.start();
        await().atMost(PLENTY).until(() -> !tagged().isEmpty());

        waiting.interrupt();
        waiting.join(PLENTY.toMillis());

        assertThat(waiting.isAlive()).isFalse();
        assertThat(tagged()).isEmpty();
    }

    @Test
    void killsTheProgramIfItsOwnJvmIsTerminated() throws Exception {
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Process jvm = java("-Djava.io.tmpdir=" + temporary, "-cp", System.getProperty("java.class.path"),
                Endless.class.getName(), sleeper() + "sleeper").start();
        await().atMost(PLENTY).until(() -> tagged().stream().anyMatch(process -> process.command().startsWith(tag)));

        jvm.destroy();

        assertThat(jvm.waitFor(PLENTY.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(tagged()).isEmpty();
        assertThat(temporary).isEmptyDirectory();
    }

    /** A program that runs a script without end. */
    static final class Endless {
        private Endless() {
        }

        public static void main(String[] arguments) throws Exception {
            try (ProgramRunner runner = new ProgramRunner()) {
                runner.run(List.of("bash", "-c", arguments[0]), null, PLENTY);
            }
        }
    }

    @Test
    void showsTheThreadsOfAHungJvm() throws Exception {
        Path source = Files.writeString(directory.resolve("Hang.java"), """
                public class Hang {
                    public static void main(String[] arguments) throws Exception {
                        waitForGodot();
                    }

                    static synchronized void waitForGodot() throws Exception {
                        Hang.class.wait();
                    }
                }
                """);
        int compiled = ToolProvider.getSystemJavaCompiler().run(null, null, null, source.toString());
        assertThat(compiled).isZero();

        RunResult result = runner.run(java("-cp", directory.toString(), "Hang", tag).command(), null,
                Duration.ofSeconds(4));

        assertThat(result.trouble()).containsPattern("threads of \\d+:").contains("\"main\"", "at Hang.waitForGodot");
    }

    private static ProcessBuilder java(String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1").inheritIO();
        builder.command().addAll(List.of(arguments));
        return builder;
    }
}
