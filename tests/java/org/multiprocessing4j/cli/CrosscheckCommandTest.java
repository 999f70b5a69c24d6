package org.multiprocessing4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.cli.crosscheck.Catalog;
import org.multiprocessing4j.cli.crosscheck.FakeHome;
import org.multiprocessing4j.cli.crosscheck.Launcher;
import org.multiprocessing4j.cli.crosscheck.Program;
import picocli.CommandLine;

/** The whole verb, with programs that are scripts. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CrosscheckCommandTest {
    private static final Program LOCK = Catalog.find("10_process_lock").get(0);

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private String homeBefore;
    private FakeHome home;
    private Path python;

    @BeforeEach
    void makeHome(@TempDir Path directory) throws IOException {
        homeBefore = System.getProperty(Launcher.HOME_PROPERTY);
        home = new FakeHome(directory);
        System.setProperty(Launcher.HOME_PROPERTY, directory.toString());
        python = home.python("3.11");
    }

    @AfterEach
    void restoreHome() {
        if (homeBefore == null) {
            System.clearProperty(Launcher.HOME_PROPERTY);
        } else {
            System.setProperty(Launcher.HOME_PROPERTY, homeBefore);
        }
    }

    private int crosscheck(String... arguments) {
        return new CommandLine(new CrosscheckCommand()).setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true)).execute(arguments);
    }

    private void lockPrograms(String cpp, String pythonProgram) throws IOException {
        home.cpp(LOCK.name(), cpp);
        home.pythonProgram(LOCK.name(), pythonProgram);
    }

    private String lastLine() {
        return out.toString().lines().reduce((first, second) -> second).orElse("");
    }

    private static String edited(String from, String to) {
        assertThat(LOCK.sample()).anyMatch(line -> line.contains(from));
        return FakeHome.printing(LOCK.sample().stream().map(line -> line.replace(from, to)).toList());
    }

    @Test
    void agreementOfAllThreeLanguagesPasses() throws Exception {
        lockPrograms(FakeHome.printing(LOCK), FakeHome.printing(LOCK));
        home.java("_10_process_lock", "for (String line : new String[] {\""
                + String.join("\", \"", LOCK.sample()) + "\"}) System.out.println(line);");

        assertThat(crosscheck("10", "--python", python.toString())).isZero();
        assertThat(out.toString()).containsPattern(
                "(?m)^10_process_lock +ok +\\d\\.\\d\\d s +ok +\\d\\.\\d\\d s +ok +\\d\\.\\d\\d s$");
        assertThat(lastLine()).isEqualTo("3 passed, 0 failed");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void aLostUpdateFailsInTheLanguageThatHasIt() throws Exception {
        lockPrograms(FakeHome.printing(LOCK), edited("value: 4", "value: 3"));

        assertThat(crosscheck("10", "--lang", "cpp,python", "--python", python.toString())).isOne();
        assertThat(out.toString()).contains("FAILED 10_process_lock (python)", "- Final counter value: 4",
                "+ Final counter value: 3").doesNotContain("(cpp)");
        assertThat(lastLine()).isEqualTo("1 passed, 1 failed");
    }

    @Test
    void anInterleavedSectionFails() throws Exception {
        List<String> lines = new ArrayList<>(LOCK.sample());
        lines.add(1, lines.remove(2));
        lockPrograms(FakeHome.printing(lines), "");

        assertThat(crosscheck("10", "--lang", "cpp")).isOne();
        assertThat(out.toString()).contains("violated: ", "on line 1 \"Process Process-1 is starting...\" follows");
    }

    @Test
    void aWrongExitCodeAndATraceFail() throws Exception {
        lockPrograms(FakeHome.printing(LOCK) + "\necho Exception: no >&2; exit 3", "");

        assertThat(crosscheck("10", "--lang", "cpp")).isOne();
        assertThat(out.toString()).contains("exit code 3, not 0", "stderr is not empty", "Exception: no");
    }

    @Test
    void aHangFailsWithItsProcesses() throws Exception {
        lockPrograms("echo begun; sleep 100", "");

        assertThat(crosscheck("10", "--lang", "cpp", "--timeout", "1.25")).isOne();
        assertThat(out.toString()).contains("no end within 1.25 s; its processes:", "  sleep 100", "+ begun",
                "- Final counter value: 4");
    }

    @Test
    void aMissingPythonIsSkippedAndFailsOnlyIfStrict() throws Exception {
        lockPrograms(FakeHome.printing(LOCK), "");
        String[] arguments = {"10", "--lang", "cpp,python", "--python", home.path().resolve("none").toString()};

        assertThat(crosscheck(arguments)).isZero();
        assertThat(out.toString()).contains("skipped python: ");
        assertThat(lastLine()).isEqualTo("1 passed, 0 failed, 1 skipped");

        List<String> strict = new ArrayList<>(List.of(arguments));
        strict.add("--strict");
        assertThat(crosscheck(strict.toArray(String[]::new))).isOne();
    }

    @Test
    void aProgramThatIsNotBuiltFails() {
        assertThat(crosscheck("10", "--lang", "java")).isOne();
        assertThat(out.toString()).contains("target/examples.jar: build with mvn");
    }

    @Test
    void jsonIsAllThatStandardOutputGets() throws Exception {
        lockPrograms(FakeHome.printing(LOCK), "echo wrong");

        assertThat(crosscheck("10", "--lang", "python,cpp", "--python", python.toString(), "--json")).isOne();
        assertThat(out.toString()).matches("(?s)\\[\\{\"program\":\"10_process_lock\",\"language\":\"python\","
                + "\"verdict\":\"failed\",\"seconds\":\\d+\\.\\d+,\"detail\":\"violated.*\"},\n \\{.*"
                + "\"verdict\":\"passed\",\"seconds\":\\d+\\.\\d+,\"detail\":\"\"}]\n");
        assertThat(err.toString()).isEqualTo("1 passed, 1 failed" + System.lineSeparator());
    }

    @Test
    void commandsOfTheUserAreComparedWithEachOther() {
        assertThat(crosscheck("--cmd", "java=echo pid $$ done; echo b", "--cmd", "cpp=echo b; echo pid $$ done",
                "--normalise", "pids,sort")).isZero();
        assertThat(lastLine()).isEqualTo("2 passed, 0 failed");
    }

    @Test
    void commandsThatDifferFail() {
        assertThat(crosscheck("--cmd", "one=echo a7; exit 2", "--cmd", "two=echo b8; exit 2", "--cmd",
                "three=echo a9; exit 2", "--mask", "\\d=N")).isOne();
        assertThat(out.toString()).contains("FAILED commands (two)", "- one, + two", "- aN", "+ bN");
        assertThat(lastLine()).isEqualTo("2 passed, 1 failed");
    }

    private void assertUsageError(String message, String... arguments) {
        assertThat(crosscheck(arguments)).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("mp4j crosscheck: " + message + System.lineSeparator());
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void anUnknownProgramIsRefusedWithNearMatches() {
        assertUsageError("there is no program '13_orphen'; did you mean 13_orphan?", "13_orphen");
    }

    @Test
    void aProgramUnlikeAnyIsRefused() {
        assertUsageError("there is no program '?'; 'mp4j examples' lists them", "?");
    }

    @Test
    void anUnknownLanguageIsRefused() {
        assertUsageError("there is no language 'rust'; there are: java, cpp, python", "--lang", "java,rust");
    }

    @Test
    void aTimeLimitThatIsNoneIsRefused() {
        assertUsageError("--timeout must be more than 0 and at most 86400 seconds", "--timeout", "0");
    }

    @Test
    void notANumberIsNoTimeLimit() {
        assertUsageError("--timeout must be more than 0 and at most 86400 seconds", "--timeout", "NaN");
    }

    @Test
    void aRuleForTheExamplesIsRefused() {
        assertUsageError("--normalise and --mask are for --cmd; the examples have rules of their own", "--mask", "a=b");
    }

    @Test
    void commandsWithProgramsAreRefused() {
        assertUsageError("--cmd goes with neither program names nor --lang nor --start-method", "10", "--cmd", "a=b",
                "--cmd", "b=c");
    }

    @Test
    void aStartMethodForCommandsIsRefused() {
        assertUsageError("--cmd goes with neither program names nor --lang nor --start-method", "--start-method",
                "spawn", "--cmd", "a=b", "--cmd", "b=c");
    }

    @Test
    void javaProgramsHaveTheStartMethodAsTheirDefault() throws Exception {
        home.java("_10_process_lock", "System.out.println(System.getProperty(\"org.multiprocessing4j.startmethod\"));");

        assertThat(crosscheck("10", "--lang", "java", "--start-method", "spawn")).isOne();
        assertThat(out.toString()).contains("+ spawn");
    }

    @Test
    void anUnknownStartMethodIsRefused() {
        assertUsageError("there is no start method 'vfork' here; there are: "
                + String.join(", ", Multiprocessing.getAllStartMethods()), "10", "--start-method", "vfork");
    }

    @Test
    void aStartMethodWithoutJavaIsRefused() {
        assertUsageError("--start-method is for the Java programs, and --lang leaves them out", "10", "--lang",
                "cpp,python", "--start-method", "spawn");
    }

    @Test
    void aSingleCommandIsRefused() {
        assertUsageError("--cmd must be given at least twice: there is nothing to compare with", "--cmd", "a=b");
    }

    @Test
    void aMissingHomeIsRefused() {
        System.clearProperty(Launcher.HOME_PROPERTY);

        assertUsageError("the system property mp4j.home must name the directory of the project; "
                + "the launcher mp4j sets it", "10");
    }

    @Test
    void helpTellsEveryOption() {
        assertThat(crosscheck("--help")).isZero();
        assertThat(out.toString()).contains("--lang", "--json", "--strict", "--timeout", "--python", "--cmd",
                "--start-method", "--normalise", "--mask", "Exit code:");
    }
}
