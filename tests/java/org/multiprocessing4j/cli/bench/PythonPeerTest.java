package org.multiprocessing4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The real Python peer, with the real python3. */
class PythonPeerTest {
    private static final Path HOME = Path.of(System.getProperty("mp4j.home", ""));
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final int ITERATIONS = 3;

    @Test
    void measuresEveryFigureThatHasACounterpartInPython() throws Exception {
        List<String> command = List.of("python3", "-B", HOME.resolve("src/bench/python/bench.py").toString());
        try (Peer peer = new Peer(Role.PYTHON, command, DEADLINE)) {
            for (Figure figure : Figures.of(List.of())) {
                if (peer.offers(figure)) {
                    assertThat(peer.run(figure, ITERATIONS)).as(figure.name()).isPositive();
                }
            }
            assertThat(Figures.of(List.of())).filteredOn(figure -> !peer.offers(figure))
                    .extracting(Figure::name)
                    .containsExactly("value.raw_get_alloc", "value.atomic_add", "pool.cpu_scaling");
        }
    }

    @Test
    void theProbeTellsVersionAndSpeed() throws Exception {
        CPython python = CPython.measure(Path.of("python3"), new Installation(HOME).pythonProbe());

        assertThat(python.version()).startsWith("3.");
        assertThat(python.executable()).isExecutable();
        assertThat(python.nanoseconds()).isBetween(10.0, 100_000.0);
    }
}
