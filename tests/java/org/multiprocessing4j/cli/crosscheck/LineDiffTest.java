package org.multiprocessing4j.cli.crosscheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LineDiffTest {
    @Test
    void saysNothingOfEqualLines() {
        assertThat(LineDiff.of(List.of("a", "b"), List.of("a", "b"))).isEmpty();
        assertThat(LineDiff.of(List.of(), List.of())).isEmpty();
    }

    @Test
    void showsMissingAndSurplusLinesBetweenEqualOnes() {
        assertThat(LineDiff.of(List.of("a", "b", "c"), List.of("a", "x", "c", "c")))
                .containsExactly("  a", "- b", "+ x", "  c", "+ c");
    }

    @Test
    void showsAllOfOneSideIfTheOtherIsEmpty() {
        assertThat(LineDiff.of(List.of("a"), List.of())).containsExactly("- a");
        assertThat(LineDiff.of(List.of(), List.of("a"))).containsExactly("+ a");
    }

    @Test
    void leavesOutEqualLinesFarFromADifference() {
        List<String> wanted = new ArrayList<>(IntStream.range(0, 30).mapToObj(Integer::toString).toList());
        List<String> got = new ArrayList<>(wanted);
        got.set(10, "x");
        got.set(25, "y");

        assertThat(LineDiff.of(wanted, got)).containsExactly("  ... 7 equal lines", "  7", "  8", "  9", "- 10", "+ x",
                "  11", "  12", "  13", "  ... 8 equal lines", "  22", "  23", "  24", "- 25", "+ y", "  26", "  27",
                "  28", "  ... 1 equal line");
    }

    @Test
    void staysReadableHoweverLongTheOutput() {
        List<String> diff = LineDiff.of(List.of("once"), Collections.nCopies(500_000, "again"));

        assertThat(diff).hasSizeBetween(50, 100).contains("- once").endsWith("  ... cut here");
    }

    @Test
    void findsADifferenceBehindManyEqualLines() {
        List<String> wanted = Collections.nCopies(100_000, "same");
        List<String> got = new ArrayList<>(wanted);
        got.add("more");

        assertThat(LineDiff.of(wanted, got))
                .containsExactly("  ... 99997 equal lines", "  same", "  same", "  same", "+ more");
    }

    @Test
    void makesControlCharactersVisibleAndCutsLongLines() {
        assertThat(LineDiff.of(List.of("a"), List.of("a\r"))).containsExactly("- a", "+ a\\u000d");
        assertThat(LineDiff.visible("x".repeat(10_000))).hasSizeLessThan(600).endsWith("... 10000 characters");
    }
}
