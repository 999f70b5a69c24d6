package org.multiprocessing4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SummaryTest {

    @Test
    void theMedianIsTheMiddleOne() {
        assertThat(Summary.of(List.of(9.0, 1.0, 4.0))).isEqualTo(new Summary(4, 1, 9));
        assertThat(Summary.of(List.of(7.0))).isEqualTo(new Summary(7, 7, 7));
    }

    @Test
    void theMedianOfAnEvenNumberIsTheMeanOfTheTwoInTheMiddle() {
        assertThat(Summary.of(List.of(9.0, 1.0, 4.0, 5.0))).isEqualTo(new Summary(4.5, 1, 9));
    }

    @Test
    void theSpreadIsInPercentOfTheMedian() {
        assertThat(new Summary(4, 3, 5).spreadPercent()).isEqualTo(50);
        assertThat(new Summary(0, 0, 1).spreadPercent()).isZero();
    }
}
