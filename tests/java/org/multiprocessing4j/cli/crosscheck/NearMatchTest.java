package org.multiprocessing4j.cli.crosscheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearMatchTest {
    private static final List<String> NAMES =
            List.of("01_basic_process", "10_process_lock", "13_orphan", "P5_lock", "P4_value_with_lock");

    @Test
    void findsTypingErrors() {
        assertThat(NearMatch.of("13_orphen", NAMES)).first().isEqualTo("13_orphan");
        assertThat(NearMatch.of("10_PROCESS-LOCK", NAMES)).first().isEqualTo("10_process_lock");
    }

    @Test
    void findsNamesByAPart() {
        assertThat(NearMatch.of("lock", NAMES)).containsExactlyInAnyOrder("10_process_lock", "P5_lock",
                "P4_value_with_lock");
    }

    @Test
    void findsNothingForSomethingElse() {
        assertThat(NearMatch.of("zzz", NAMES)).isEmpty();
        assertThat(NearMatch.of("", NAMES)).isEmpty();
    }
}
