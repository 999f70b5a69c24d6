package org.multiprocessing4j.cli.crosscheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class JudgeTest {
    private static final Program WITH_SAMPLE = Program.named("hello", "greets").prints("hello").build();
    private static final Program WITHOUT = OwnCommands.program(List.of("pids"), List.of());

    private static RunResult run(String stdout, String stderr, int code) {
        return new RunResult(stdout, stderr, OptionalInt.of(code), Duration.ofMillis(5), "");
    }

    private static String judge(RunResult run) {
        return new Judge(WITH_SAMPLE).judge(Map.of("java", run)).get("java");
    }

    private static Map<String, String> compare(RunResult... runs) {
        Map<String, RunResult> byName = new LinkedHashMap<>();
        for (RunResult run : runs) {
            byName.put("run" + (byName.size() + 1), run);
        }
        return new Judge(WITHOUT).judge(byName);
    }

    @Test
    void aRightOutputPasses() {
        assertThat(judge(run("hello\n", "", 0))).isEmpty();
    }

    @Test
    void aWrongExitCodeFails() {
        assertThat(judge(run("hello\n", "", 3))).isEqualTo("exit code 3, not 0");
        assertThat(judge(run("hello\n", "", 139))).isEqualTo("exit code 139 (128 + signal 11), not 0");
    }

    @Test
    void aStackTraceOnStandardErrorFailsAndIsShown() {
        assertThat(judge(run("hello\n", "Process Process-1:\njava.lang.IllegalStateException: no\n", 0)))
                .isEqualTo("stderr is not empty\nstderr:\n  Process Process-1:\n  java.lang.IllegalStateException: no");
    }

    @Test
    void onlyTheEndOfALongStandardErrorIsShown() {
        assertThat(judge(run("", "x\n".repeat(100) + "last\n", 1)))
                .contains("stderr, last 20 lines:\n" + "  x\n".repeat(19)).endsWith("  last");
    }

    @Test
    void whatAJvmSaysOfItsOptionsIsNoError() {
        assertThat(judge(run("hello\n", "Picked up JAVA_TOOL_OPTIONS: -Xmx1g\n", 0))).isEmpty();
        assertThat(judge(run("hello\n", "Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nbut\n", 0))).endsWith("stderr:\n  but");
    }

    @Test
    void aMissingLineEndFails() {
        assertThat(judge(run("hello", "", 0))).contains("+ \\ no line end after the last line");
    }

    @Test
    void troubleFailsWhateverTheOutput() {
        RunResult hung = new RunResult("hello\n", "", OptionalInt.empty(), Duration.ofSeconds(1), "no end within 1 s");

        assertThat(judge(hung)).isEqualTo("no end within 1 s");
        assertThat(new Judge(WITHOUT).judge(Map.of("a", hung))).containsEntry("a", "no end within 1 s");
    }

    @Test
    void equalOutputsOfAnyKindAgree() {
        assertThat(compare(run("pid 4\n", "one thing", 3), run("pid 5\n", "another", 3)).values()).containsOnly("");
    }

    @Test
    void theLaterOfTwoThatDifferFails() {
        Map<String, String> details = compare(run("pid 4\na\n", "", 0), run("pid 5\nb\n", "why", 0));

        assertThat(details).containsEntry("run1", "").containsEntry("run2",
                "output (normalised; - run1, + run2):\n    pid <P1>\n  - a\n  + b\nstderr:\n  why");
    }

    @Test
    void differentExitCodesFail() {
        assertThat(compare(run("", "", 0), run("", "", 137)))
                .containsEntry("run2", "exit code 137 (128 + signal 9), not 0 as run1");
    }

    @Test
    void aHungProgramIsNobodysMeasure() {
        RunResult hung = new RunResult("a\n", "", OptionalInt.empty(), Duration.ofSeconds(1), "no end");

        assertThat(compare(hung, run("b\n", "", 0), run("b\n", "", 0)).values()).containsExactly("no end", "", "");
    }

    @Test
    void oneWrongLanguageDoesNotTaintTheOthers() {
        Map<String, RunResult> runs = new LinkedHashMap<>();
        runs.put("java", run("wrong\n", "", 0));
        runs.put("cpp", run("hello\n", "", 0));
        runs.put("python", run("hello\n", "", 0));

        Map<String, String> details = new Judge(WITH_SAMPLE).judge(runs);

        assertThat(details).containsEntry("cpp", "").containsEntry("python", "");
        assertThat(details.get("java")).contains("- expected, + java", "- hello", "+ wrong");
    }
}
