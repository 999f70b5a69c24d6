package org.multiprocessing4j.cli.crosscheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class InvariantsTest {
    private static final Invariant LAST = Invariants.lastLine("^end$");
    private static final Invariant FIRST = Invariants.firstLines(2, "^main");
    private static final Invariant NEVER = Invariants.never("never");
    private static final Invariant BEFORE = Invariants.before("waits$", "passes$");
    private static final Invariant FOLLOWS = Invariants.follows("^(\\w+) in$", "^(\\w+) out$");
    private static final Invariant RANGE = Invariants.range("k=(-?\\d+)", 1, 5);
    private static final Invariant COUNTS = Invariants.countsUp("k=(-?\\d+)");
    private static final Invariant PERMUTATION = Invariants.permutation(3, "k=(-?\\d+)");
    private static final Invariant DISTINCT = Invariants.distinct(2, "pid (\\d+)");
    private static final Invariant AMONG = Invariants.among("final (\\d+)", "k=(\\d+)");
    private static final Invariant SAME = Invariants.same("I am (\\d+)", "parent (\\d+)");
    private static final Invariant DIFFERENT = Invariants.different("I am (\\d+)", "child (\\d+)");
    private static final Invariant STEPS = Invariants.steps("up (-?\\d+)", "down (-?\\d+)");
    private static final Invariant UNIFORM = Invariants.uniformRows("\\[(\\d+), (\\d+), (\\d+)\\]");

    static Stream<Arguments> held() {
        return Stream.of(
                Arguments.of(LAST, "a|b|end"),
                Arguments.of(FIRST, "main 1|main 2|other"),
                Arguments.of(NEVER, "ever"),
                Arguments.of(NEVER, ""),
                Arguments.of(BEFORE, "a waits|b waits|x|b passes|a passes"),
                Arguments.of(FOLLOWS, "x|a in|a out|b in|b out|y"),
                Arguments.of(RANGE, "k=1|k=5|k=5"),
                Arguments.of(COUNTS, "k=1|x|k=2|k=3"),
                Arguments.of(PERMUTATION, "k=3|k=1|k=2"),
                Arguments.of(DISTINCT, "pid 8|pid 9"),
                Arguments.of(AMONG, "k=1|k=3|final 3"),
                Arguments.of(SAME, "I am 7|parent 7|parent 7"),
                Arguments.of(DIFFERENT, "I am 7|child 8"),
                Arguments.of(STEPS, "down -1|up 0|up 1|down 0"),
                Arguments.of(UNIFORM, "[1, 1, 1]|[22, 22, 22]"));
    }

    static Stream<Arguments> violated() {
        return Stream.of(
                Arguments.of(LAST, "a|end|b", "line 2 \"end\" is not the last of 3"),
                Arguments.of(LAST, "end|end", "line 1"),
                Arguments.of(FIRST, "main 1|other|main 2", "line 3"),
                Arguments.of(FIRST, "main 1|main 2|main 3", "3 such lines"),
                Arguments.of(NEVER, "a|it never ends", "line 2"),
                Arguments.of(BEFORE, "a waits|a passes|b waits|b passes", "line 3 \"b waits\" comes after line 2"),
                Arguments.of(FOLLOWS, "a in|b in|a out|b out", "on line 1 \"a in\" follows \"b in\""),
                Arguments.of(FOLLOWS, "a in|b out", "follows \"b out\""),
                Arguments.of(FOLLOWS, "a in", "follows nothing"),
                Arguments.of(RANGE, "k=1|k=6", "k=6"),
                Arguments.of(RANGE, "k=0", "k=0"),
                Arguments.of(RANGE, "k=99999999999999999999999", "k=9999"),
                Arguments.of(COUNTS, "k=1|k=1|k=2", "line 2 \"k=1\" should say 2"),
                Arguments.of(COUNTS, "k=1|k=3", "should say 2"),
                Arguments.of(PERMUTATION, "k=1|k=2|k=2", "[1, 2, 2]"),
                Arguments.of(PERMUTATION, "k=1|k=2", "[1, 2]"),
                Arguments.of(DISTINCT, "pid 8|pid 8", "2 found, different: [8]"),
                Arguments.of(DISTINCT, "pid 8|pid 9|pid 9", "3 found"),
                Arguments.of(AMONG, "k=1|k=2|final 3", "none of [1, 2]"),
                Arguments.of(SAME, "I am 7|parent 7|parent 8", "parent 8"),
                Arguments.of(DIFFERENT, "I am 7|child 8|child 7", "child 7"),
                Arguments.of(STEPS, "up 1|up 1|down 0", "line 2 \"up 1\" should say 2"),
                Arguments.of(STEPS, "up 1|down 1", "should say 0"),
                Arguments.of(UNIFORM, "[1, 1, 1]|[2, 1, 2]", "line 2"));
    }

    @ParameterizedTest
    @MethodSource
    void held(Invariant invariant, String lines) {
        assertThat(invariant.violation(List.of(lines.split("\\|")))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource
    void violated(Invariant invariant, String lines, String what) {
        assertThat(invariant.violation(List.of(lines.split("\\|")))).hasValueSatisfying(
                text -> assertThat(text).contains(what));
    }

    @Test
    void everyoneButNeverIsViolatedWhenItsLinesAreMissing() {
        for (Invariant invariant : List.of(LAST, FIRST, BEFORE, FOLLOWS, RANGE, COUNTS, PERMUTATION, DISTINCT, AMONG,
                SAME, DIFFERENT, STEPS, UNIFORM)) {
            assertThat(invariant.violation(List.of("something else"))).as(invariant.name())
                    .hasValueSatisfying(text -> assertThat(text).startsWith("no line is"));
        }
        assertThat(BEFORE.violation(List.of("a waits"))).contains("no line is /passes$/");
    }
}
