package org.multiprocessing4j.cli.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TimesTest {
    private final Times times = new Times();

    @Test
    void quantilesAreTheNearestRanks() {
        LongStream.rangeClosed(1, 200).map(i -> 201 - i).forEach(i -> times.add(i * 1_000_000));

        assertThat(times.quantile(0.5)).isEqualTo(100);
        assertThat(times.quantile(0.99)).isEqualTo(198);
        assertThat(times.quantile(0)).isEqualTo(1);
        assertThat(times.quantile(1)).isEqualTo(200);
        assertThat(times).hasToString("100.00 / 198.00");
    }

    @Test
    void oneIsAllOfThem() {
        times.add(1_500_000);

        assertThat(times).hasToString("1.50 / 1.50");
    }

    @Test
    void noneIsNoNumber() {
        assertThat(times.quantile(0.5)).isNaN();
        assertThat(times).hasToString("-");
    }
}
