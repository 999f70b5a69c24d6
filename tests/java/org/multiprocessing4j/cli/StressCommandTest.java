package org.multiprocessing4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class StressCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int stress(String... arguments) {
        return new CommandLine(new StressCommand()).setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true)).execute(arguments);
    }

    private void assertUsageError(String message, String... arguments) {
        assertThat(stress(arguments)).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("mp4j stress: " + message + System.lineSeparator());
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void printsATableAndEndsWell() {
        int code = stress("--forks", "6", "--collector", "Serial,zgc", "--jdk", System.getProperty("java.home"),
                "--seed", "5", "--deadline", "20");

        assertThat(err.toString()).contains(" serial", " zgc").doesNotContain("FAILED");
        assertThat(out.toString()).contains("jdk", "collector", "serial", "zgc", "posix");
        assertThat(code).isZero();
    }

    @Test
    void anUnknownCollectorIsRefused() {
        assertUsageError("there is no collector 'cms'; there are: serial, parallel, g1, shenandoah, zgc",
                "--collector", "cms");
    }

    @Test
    void aDirectoryWithoutAJdkIsRefused(@TempDir Path directory) {
        assertUsageError("there is no JDK, 17 or newer, in " + directory, "--jdk", directory.toString());
    }

    @Test
    void numbersThatAreNoneAreRefused() {
        assertUsageError("--minutes must be more than 0 and at most 10000", "--minutes", "0");
    }

    @Test
    void noForksAreRefused() {
        assertUsageError("--forks must be at least 1", "--forks", "0");
    }

    @Test
    void noDeadlineIsRefused() {
        assertUsageError("--deadline must be more than 0 and at most 3600 seconds", "--deadline", "NaN");
    }

    @Test
    void helpTellsEveryOption() {
        assertThat(stress("--help")).isZero();
        assertThat(out.toString()).contains("--minutes", "--forks", "--collector", "--jdk", "--deadline", "--seed",
                "Exit code:");
    }
}
