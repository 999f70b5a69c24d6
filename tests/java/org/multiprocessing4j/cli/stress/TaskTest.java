package org.multiprocessing4j.cli.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.api.Test;

class TaskTest {
    /** Without a fork they must succeed all the more: then a failure in a child is the child's. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"NESTED_FORK", "NESTED_PROCESS", "TERMINATED"})
    void succeedsInAnOrdinaryJvm(Task task) {
        assertThatCode(() -> task.run(new Random(1))).doesNotThrowAnyException();
    }

    @Test
    void chanceChoosesAll() {
        Random random = new Random(7);
        Set<Task> chosen = EnumSet.noneOf(Task.class);
        IntStream.range(0, 2_000).forEach(i -> chosen.add(Task.any(random)));

        assertThat(chosen).containsExactly(Task.values());
    }
}
