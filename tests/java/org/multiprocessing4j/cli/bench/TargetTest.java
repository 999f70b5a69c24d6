package org.multiprocessing4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TargetTest {
    private static final Figure FIGURE = new Figure("lock.contended", Unit.NANOSECONDS);

    private static Result result(Map<Role, Double> medians) {
        Map<Role, Summary> summaries = new EnumMap<>(Role.class);
        medians.forEach((role, median) -> summaries.put(role, new Summary(median, median, median)));
        return new Result(FIGURE, summaries);
    }

    @Test
    void anAbsoluteTargetNeedsJavaAlone() {
        Target target = Target.atMost(3);

        assertThat(target.isMetBy(result(Map.of(Role.JAVA, 3.0)))).contains(true);
        assertThat(target.isMetBy(result(Map.of(Role.JAVA, 3.1)))).contains(false);
        assertThat(target.isMetBy(result(Map.of(Role.PYTHON, 1.0)))).isEmpty();
    }

    @Test
    void aRelativeTargetComparesWithItsPeer() {
        Target target = Target.atMost(0.5, Role.PYTHON);

        assertThat(target.isMetBy(result(Map.of(Role.JAVA, 5.0, Role.PYTHON, 10.0, Role.LIMIT, 1.0)))).contains(true);
        assertThat(target.isMetBy(result(Map.of(Role.JAVA, 5.1, Role.PYTHON, 10.0, Role.LIMIT, 99.0)))).contains(false);
        assertThat(target.isMetBy(result(Map.of(Role.JAVA, 5.0, Role.LIMIT, 1.0)))).isEmpty();
    }

    @Test
    void describesItself() {
        assertThat(Target.atMost(3).describe(Unit.NANOSECONDS)).isEqualTo("<= 3 ns");
        assertThat(Target.atMost(0.01).describe(Unit.BYTES)).isEqualTo("<= 0.01 B");
        assertThat(Target.atMost(1.0 / 8, Role.PYTHON).describe(Unit.NANOSECONDS)).isEqualTo("<= 1/8 python");
        assertThat(Target.atMost(1.2, Role.LIMIT).describe(Unit.MILLISECONDS)).isEqualTo("<= 1.2 limit");
        assertThat(Target.atMost(1, Role.PYTHON).describe(Unit.MILLISECONDS)).isEqualTo("<= 1 python");
    }
}
