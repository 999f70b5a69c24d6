package org.multiprocessing4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.cli.crosscheck.Catalog;
import org.multiprocessing4j.cli.crosscheck.FakeHome;
import org.multiprocessing4j.cli.crosscheck.Launcher;
import picocli.CommandLine;

class ExamplesCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private String homeBefore;
    private FakeHome home;

    @BeforeEach
    void makeHome(@TempDir Path directory) throws IOException {
        homeBefore = System.getProperty(Launcher.HOME_PROPERTY);
        home = new FakeHome(directory);
        System.setProperty(Launcher.HOME_PROPERTY, directory.toString());
    }

    @AfterEach
    void restoreHome() {
        if (homeBefore == null) {
            System.clearProperty(Launcher.HOME_PROPERTY);
        } else {
            System.setProperty(Launcher.HOME_PROPERTY, homeBefore);
        }
    }

    private int examples(String... arguments) {
        return new CommandLine(new ExamplesCommand()).setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true)).execute(arguments);
    }

    @Test
    void listsEveryProgramWithItsDescription() {
        assertThat(examples()).isZero();
        assertThat(out.toString().lines()).hasSameSizeAs(Catalog.programs()).allMatch(line ->
                line.matches("\\w+ {2,}\\S.*"));
        assertThat(out.toString()).contains("13_orphan", "a child outlives its parent");
    }

    @Test
    void runsAProgramAndEndsWithItsExitCode() throws IOException {
        Path trace = home.path().resolve("trace");
        home.cpp("13_orphan", "echo run >" + trace + "; exit 7");

        assertThat(examples("13", "--lang", "cpp")).isEqualTo(7);
        assertThat(Files.readString(trace)).isEqualTo("run\n");
    }

    @Test
    void runsPythonWithoutUnbufferedOutput() throws IOException {
        Path trace = home.path().resolve("trace");
        home.pythonProgram("13_orphan", "echo \"${PYTHONUNBUFFERED-unset}\" >" + trace);

        assertThat(examples("13", "--lang", "python", "--python", home.python("3.8").toString())).isZero();
        assertThat(Files.readString(trace)).isEqualTo("unset\n");
    }

    @Test
    void runsAJavaProgramWithAStartMethod() throws IOException {
        home.java("_13_orphan",
                "System.exit(\"spawn\".equals(System.getProperty(\"org.multiprocessing4j.startmethod\")) ? 7 : 8);");

        assertThat(examples("13", "--start-method", "spawn")).isEqualTo(7);
    }

    @Test
    void anUnknownStartMethodIsRefused() {
        assertUsageError("there is no start method 'vfork' here; there are: "
                + String.join(", ", Multiprocessing.getAllStartMethods()), "13", "--start-method", "vfork");
    }

    @Test
    void aProgramThatIsNotBuiltIsAFailure() {
        assertThat(examples("13")).isOne();
        assertThat(err.toString()).startsWith("mp4j examples: there is no ").contains("examples.jar: build with mvn");
    }

    @Test
    void aMissingPythonIsAFailure() throws IOException {
        home.pythonProgram("13_orphan", "");

        assertThat(examples("13", "--lang", "python", "--python", home.path().resolve("none").toString())).isOne();
        assertThat(err.toString()).startsWith("mp4j examples: ").contains("No such file").hasLineCount(1);
    }

    private void assertUsageError(String message, String... arguments) {
        assertThat(examples(arguments)).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("mp4j examples: " + message + System.lineSeparator());
    }

    @Test
    void anUnknownProgramIsRefusedWithNearMatches() {
        assertUsageError("there is no program '14_zombi'; did you mean 14_zombie?", "14_zombi");
    }

    @Test
    void aNameThatMayMeanTwoIsRefused() {
        assertUsageError("'N2' may be N2_shared_value_racy or N2_shared_value_fixed", "N2");
    }

    @Test
    void anUnknownLanguageIsRefused() {
        assertUsageError("there is no language 'rust'; there are: java, cpp, python", "13", "--lang", "rust");
    }
}
