package org.multiprocessing4j.cli.crosscheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

class ReportTest {
    private static final Row PASSED = new Row("one", "java", Row.Verdict.PASSED, 0.5, "");
    private static final Row FAILED =
            new Row("one", "cpp", Row.Verdict.FAILED, 12.345, "output:\n  - a\n  + @|red b|@");
    private static final Row SKIPPED = new Row("one", "python", Row.Verdict.SKIPPED, 0, "no python3");
    private static final Row OTHER = new Row("another", "java", Row.Verdict.PASSED, 1, "");

    private static String print(Ansi ansi, Row... rows) {
        StringWriter text = new StringWriter();
        new Report(List.of(rows)).print(new PrintWriter(text), ansi);
        return text.toString();
    }

    @Test
    void printsATableThenTheDetailsThenTheCount() {
        assertThat(print(Ansi.OFF, PASSED, FAILED, SKIPPED, OTHER)).isEqualTo("""
                         java            cpp             python
                one      ok    0.50 s    FAIL 12.35 s    skip
                another  ok    1.00 s    -               -

                FAILED one (cpp)
                  output:
                    - a
                    + @|red b|@

                skipped python: no python3

                2 passed, 1 failed, 1 skipped
                """);
    }

    @Test
    void tellsTheSameReasonForSkippingOnce() {
        Row again = new Row("another", "python", Row.Verdict.SKIPPED, 0, "no python3");

        assertThat(print(Ansi.OFF, SKIPPED, again)).containsOnlyOnce("no python3");
    }

    @Test
    void usesColoursOnlyIfTold() {
        assertThat(print(Ansi.OFF, PASSED, FAILED, SKIPPED)).doesNotContain("\u001b");
        assertThat(print(Ansi.ON, PASSED, FAILED, SKIPPED)).contains("\u001b[32mok", "FAIL\u001b", "  + @|red b|@")
                .endsWith("\n1 passed, 1 failed, 1 skipped\n");
    }

    @Test
    void countsOnlySkippedRowsIfThereAreAny() {
        assertThat(new Report(List.of(PASSED, OTHER)).summary()).isEqualTo("2 passed, 0 failed");
        assertThat(new Report(List.of(SKIPPED)).summary()).isEqualTo("0 passed, 0 failed, 1 skipped");
    }

    @Test
    void isGoodOnlyIfAllThatWasRunPassedAndSomethingWas() {
        assertThat(new Report(List.of(PASSED)).isGood(true)).isTrue();
        assertThat(new Report(List.of(PASSED, SKIPPED)).isGood(false)).isTrue();
        assertThat(new Report(List.of(PASSED, SKIPPED)).isGood(true)).isFalse();
        assertThat(new Report(List.of(PASSED, FAILED)).isGood(false)).isFalse();
        assertThat(new Report(List.of(SKIPPED)).isGood(false)).isFalse();
        assertThat(new Report(List.of()).isGood(false)).isFalse();
    }

    @Test
    void writesRowsAsJson() {
        assertThat(new Report(List.of(PASSED, FAILED)).json()).isEqualTo("["
                + "{\"program\":\"one\",\"language\":\"java\",\"verdict\":\"passed\",\"seconds\":0.5,\"detail\":\"\"}"
                + ",\n "
                + "{\"program\":\"one\",\"language\":\"cpp\",\"verdict\":\"failed\",\"seconds\":12.345,"
                + "\"detail\":\"output:\\n  - a\\n  + @|red b|@\"}]");
    }
}
