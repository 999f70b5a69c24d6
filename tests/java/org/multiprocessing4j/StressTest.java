package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.multiprocessing4j.cli.stress.Collector;
import org.multiprocessing4j.cli.stress.Jdk;
import org.multiprocessing4j.cli.stress.Plan;
import org.multiprocessing4j.cli.stress.Tally;
import org.multiprocessing4j.cli.stress.Trial;

/** The short form of {@code mp4j stress}: some seconds of forks with each collector that this JDK has. */
class StressTest {
    private static final Plan SHORT =
            new Plan(60, Duration.ofSeconds(6), Duration.ofSeconds(20), System.nanoTime() & Integer.MAX_VALUE);

    private static Stream<Collector> collectors() {
        return Stream.of(Collector.values()).filter(StressTest::isThere);
    }

    private static boolean isThere(Collector collector) {
        try {
            return jdk().has(collector);
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static Jdk jdk() throws IOException {
        return Jdk.at(Path.of(System.getProperty("java.home"))).orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("collectors")
    void everyChildIsAWholeJvm(Collector collector, @TempDir Path scratch) throws Exception {
        List<String> troubles = new ArrayList<>();
        Trial.Listener listener = new Trial.Listener() {
            @Override
            public void progress(Tally tally) {
                // nobody looks on
            }

            @Override
            public void trouble(String account) {
                troubles.add(account);
            }
        };

        Tally tally = new Trial(jdk(), collector, SHORT, listener, scratch).run();

        assertThat(troubles).isEmpty();
        assertThat(tally.failures()).isZero();
        assertThat(tally.successes()).isEqualTo(tally.children()).isPositive();
        assertThat(tally.liveForks() > 0).isEqualTo(collector.isForkable());
        assertThat(tally.serverStarts()).isPositive();
    }
}
