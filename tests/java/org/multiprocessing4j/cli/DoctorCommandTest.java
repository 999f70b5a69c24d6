package org.multiprocessing4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.multiprocessing4j.support.JavaProgram;

class DoctorCommandTest {

    private static JavaProgram.Outcome doctor(String... arguments) {
        String[] words = new String[arguments.length + 1];
        words[0] = "doctor";
        System.arraycopy(arguments, 0, words, 1, arguments.length);
        return JavaProgram.of(Main.class, words).run();
    }

    @Test
    void tellsOfEachCheckAndLeavesNothingBehind() {
        JavaProgram.Outcome outcome = doctor();

        assertThat(outcome.out().lines()).anyMatch(line -> line.matches("ok +kernel +\\S.*"))
                .anyMatch(line -> line.matches("ok +live fork +this JVM was forked in \\d+\\.\\d ms.*"))
                .anyMatch(line -> line.matches("ok +fork server +a process started and ended in \\d+\\.\\d ms.*"))
                .anyMatch(line -> line.matches("ok +start methods +forkserver by default; .*"));
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.code()).isEqualTo(outcome.out().contains("missing ") ? 1 : 0);
    }

    @Test
    void jsonHasVerdictsAndRemedies() {
        assertThat(doctor("--json").out()).startsWith("[{\"check\":\"platform\",\"verdict\":\"")
                .contains("\"found\":", "\"remedy\":null");
    }

    @Test
    void aJvmThatCannotBeForkedHasAReason() {
        JavaProgram.Outcome outcome = JavaProgram.of(Main.class, "doctor")
                .flags("-XX:-UseSerialGC", "-XX:+UseZGC").run();

        assertThat(outcome.out()).containsPattern("(?m)^limited +live fork +not this JVM$").contains("ZGC")
                .containsPattern("(?m)^ok +fork server ");
    }
}
