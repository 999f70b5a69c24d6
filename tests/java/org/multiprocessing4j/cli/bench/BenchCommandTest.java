package org.multiprocessing4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.multiprocessing4j.cli.BenchCommand;
import picocli.CommandLine;

class BenchCommandTest {
    private static final String HOME = "mp4j.home";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private String home;

    @TempDir
    Path directory;

    @BeforeEach
    void pointToAnEmptyHome() {
        home = System.setProperty(HOME, directory.toString());
    }

    @AfterEach
    void pointToTheRealHome() {
        if (home == null) {
            System.clearProperty(HOME);
        } else {
            System.setProperty(HOME, home);
        }
    }

    private int execute(String... arguments) {
        return new CommandLine(new BenchCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    @Test
    void anUnknownGroupIsBadUsage() {
        assertThat(execute("value", "nonsense")).isEqualTo(2);
        assertThat(err.toString()).contains("unknown group 'nonsense'; groups: start, memory, value, array, lock");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void whatIsNotBuiltIsNamed() {
        assertThat(execute("--json", "--quick")).isEqualTo(1);
        assertThat(err.toString()).startsWith("mp4j bench: " + directory.resolve("target/bench.jar") + " is missing");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void aPythonThatDoesNotWorkIsNamed() {
        assertThat(execute("--python", "/nonexistent/python3")).isEqualTo(1);
        assertThat(err.toString()).startsWith("mp4j bench: /nonexistent/python3: ");
    }
}
