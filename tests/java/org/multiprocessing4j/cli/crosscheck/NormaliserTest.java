package org.multiprocessing4j.cli.crosscheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormaliserTest {
    private static List<String> apply(Layout layout, String output, Normaliser.Step... steps) {
        return new Normaliser(List.of(steps), layout).apply(output);
    }

    @Test
    void splitsIntoLinesAndTellsIfTheLastHasNoEnd() {
        assertThat(Normaliser.lines("")).isEmpty();
        assertThat(Normaliser.lines("a\n\nb\n")).containsExactly("a", "", "b");
        assertThat(Normaliser.lines("a\nb")).containsExactly("a", "b", "\\ no line end after the last line");
    }

    @Test
    void labelsNumbersByFirstSightWhereOrderMatters() {
        assertThat(apply(Layout.ORDERED, "PID 40: a\nPID 7: b\nPID 40: c\n", Normaliser.Label.of("^PID (\\d+)")))
                .containsExactly("PID <P1>: a", "PID <P2>: b", "PID <P1>: c");
    }

    @Test
    void labelsNumbersByWhatIsSaidOfThemWhereOrderDoesNotMatter() {
        Normaliser.Step pids = Normaliser.Label.of("PID (\\d+)");
        List<String> one = apply(Layout.SORTED, "PID 9: b\nPID 5: a\nPID 5 made PID 9\n", pids);
        List<String> other = apply(Layout.SORTED, "PID 61 made PID 60\nPID 61: a\nPID 60: b\n", pids);

        assertThat(one).isEqualTo(other)
                .containsExactly("PID <P1>: b", "PID <P2> made PID <P1>", "PID <P2>: a");
    }

    @Test
    void keepsApartTwoProcessesThatShouldBeOne() {
        Normaliser.Step pids = Normaliser.Label.of("PID (\\d+)");

        assertThat(apply(Layout.SORTED, "PID 5: a\nPID 5: b\n", pids))
                .isNotEqualTo(apply(Layout.SORTED, "PID 5: a\nPID 6: b\n", pids));
    }

    @Test
    void sortsEqualLinesAsAMultiset() {
        assertThat(apply(Layout.SORTED, "b\na\nb\n")).containsExactly("a", "b", "b");
    }

    @Test
    void groupsByProcessAndKeepsEachOnesOrder() {
        Layout layout = Layout.groupedBy("^(foo|bar)");

        assertThat(apply(layout, "start\nfoo 2\nbar 1\nfoo 1\nend\n"))
                .containsExactly("start", "end", "bar 1", "foo 2", "foo 1");
        assertThat(apply(layout, "foo 1\nfoo 2\n")).isNotEqualTo(apply(layout, "foo 2\nfoo 1\n"));
    }

    @Test
    void appliesMasksInTheirOrderWithGroups() {
        assertThat(apply(Layout.ORDERED, "k: 12 of 13\n", Normaliser.Mask.of("(k: )\\d+", "$1<k>"),
                Normaliser.Mask.of("\\d+", "<n>"))).containsExactly("k: <k> of <n>");
    }

    @Test
    void laterMasksDoNotTouchLabels() {
        assertThat(apply(Layout.ORDERED, "pid 12 has 12 of <1>\n", Normaliser.PIDS, Normaliser.NUMBERS))
                .containsExactly("pid <P1> has <N> of <<N>>");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "Process ID: 4711 - Hello | Process ID: <P1> - Hello",
        "(pid=4711, ppid=1) | (pid=<P1>, ppid=<P2>)",
        "{\"pid\": 4711} | {\"pid\": <P1>}",
        "Child process (PID: 4711) | Child process (PID: <P1>)",
        "process id 4711, parent process id: 4711 | process id <P1>, parent process id: <P1>",
        "Worker thread id: 99 | Worker thread id: <P1>",
        "parent pid 12 | parent pid <P1>",
        "Counter: 12 | Counter: 12",
        "rapid 12 | rapid 12"
    })
    void findsProcessNumbersBehindTheUsualWords(String line, String normalised) {
        assertThat(apply(Layout.ORDERED, line + "\n", Normaliser.PIDS)).containsExactly(normalised);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "took 12 ms | took <T>",
        "took 0.25s. | took <T>.",
        "waited 3 seconds, 20µs | waited <T>, <T>",
        "at 2024-05-06T07:08:09.123Z | at <T>",
        "at 2024-05-06 07:08 | at <T>",
        "[23:59:59,001] | [<T>]",
        "3 sheep, 4 more, 5 mm | 3 sheep, 4 more, 5 mm"
    })
    void findsTimes(String line, String normalised) {
        assertThat(apply(Layout.ORDERED, line + "\n", Normaliser.TIMES)).containsExactly(normalised);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "[1, -2, 3.5] | [<N>, <N>, <N>]",
        "1e-9 and 2E+10 | <N> and <N>",
        "p1 x86_64 v1.2.3 | p1 x86_64 v1.2.3"
    })
    void findsNumbersThatStandAlone(String line, String normalised) {
        assertThat(apply(Layout.ORDERED, line + "\n", Normaliser.NUMBERS)).containsExactly(normalised);
    }
}
