package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.JavaProgram.Outcome;

/** The JVM that boots before anybody asks for it; each program is checked to leave none behind. */
class SpawnStandbyTest {

    private static final String[] STORY = {
        "after the first: 0", "the third is the one that stood by: true", "one that is dead is not taken: true",
        "nor one of another program: true"
    };

    private static Outcome run(String end, String... flags) {
        return JavaProgram.of(SpawnPrograms.Standby.class, end).flags(flags).run();
    }

    @Test
    void isTheNextChildAndEndsWithTheProgram() {
        Outcome outcome = run("return");
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out().lines()).startsWith(STORY).endsWith("1 stands by").hasSize(STORY.length + 1);
    }

    @Test
    void endsWhenNobodyAsksForIt() {
        assertThat(run("idle").out().lines()).startsWith(STORY).endsWith("when nobody asks for it, it ends");
    }

    @Test
    void endsWhenItsParentIsKilled() {
        Outcome outcome = run("killed");
        assertThat(outcome.out().lines()).containsExactly(STORY);
        assertThat(outcome.code()).isEqualTo(128 + Posix.SIGKILL);
    }
}
