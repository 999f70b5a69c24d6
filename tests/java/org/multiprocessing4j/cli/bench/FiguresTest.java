package org.multiprocessing4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FiguresTest {

    @Test
    void groupsAreThePartsBeforeTheDotInOrder() {
        assertThat(Figures.groups()).containsExactly(
                "start", "memory", "value", "array", "lock", "sync", "queue", "simplequeue", "pipe", "pool");
    }

    @Test
    void noGroupMeansAll() {
        assertThat(Figures.of(List.of())).extracting(Figure::name)
                .doesNotHaveDuplicates()
                .contains("start.spawn", "value.locked_increment", "array.bulk_copy", "lock.acquire_release");
    }

    @Test
    void groupsChooseTheirFigures() {
        assertThat(Figures.of(List.of("start", "array"))).extracting(Figure::group).containsOnly("start", "array");
        assertThat(Figures.of(List.of("lock"))).extracting(Figure::group).containsOnly("lock");
    }

    @Test
    void spawnHasToKeepUpWithCPythonWhereTheJvmStartsFast() {
        assertThat(Figures.spawnFactor(17)).isEqualTo(1.3);
        assertThat(Figures.spawnFactor(25)).isEqualTo(1.0);
    }
}
