package org.multiprocessing4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
    private static final Figure CONTENDED = new Figure("lock.contended", Unit.NANOSECONDS);
    private static final Figure SPAWN = new Figure("start.spawn", Unit.MILLISECONDS);
    private static final Pace THREE_ROUNDS = new Pace(3, Duration.ofMillis(1), Duration.ZERO, Duration.ZERO);
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private FakePeer peer(String name) {
        return new FakePeer(directory, name);
    }

    private static List<Result> run(Map<Role, List<String>> peers, Pace pace, Duration deadline, Figure... figures)
            throws BenchException, InterruptedException {
        Progress silent = new Progress.Lines(new PrintWriter(Writer.nullWriter()));
        return new Bench(peers, pace, deadline).run(List.of(figures), silent);
    }

    private static void assertGone(long pid) {
        await().until(() -> hasEnded(pid));
    }

    private static boolean hasEnded(long pid) throws IOException {
        Path status = Path.of("/proc/" + pid + "/status");
        return !Files.exists(status) || Files.readString(status).contains("State:\tZ");
    }

    @Test
    void peersTakeTurnsAndAnotherOneBeginsEachRound() throws Exception {
        Map<Role, List<String>> peers = Map.of(
                Role.JAVA, peer("j").command(), Role.PYTHON, peer("p").command(), Role.LIMIT, peer("l").command());

        run(peers, THREE_ROUNDS, LONG, CONTENDED);

        assertThat(FakePeer.log(directory))
                .containsExactly(
                        "j 1", "p 1", "l 1", // to warm up
                        "j 1", "p 1", "l 1",
                        "p 1", "l 1", "j 1",
                        "l 1", "j 1", "p 1");
    }

    @Test
    void theMedianOfTheRoundsIsToldWithTheExtremes() throws Exception {
        String answers = "set -- 1000000 30e6 10e6 20e6; eval echo \\$figure \\$$count";
        Map<Role, List<String>> peers = Map.of(Role.JAVA, peer("j").offering("start.spawn").onRun(answers).command());

        List<Result> results = run(peers, THREE_ROUNDS, LONG, SPAWN);

        assertThat(results).hasSize(1);
        Summary summary = results.get(0).summary(Role.JAVA).orElseThrow();
        assertThat(summary.median()).isCloseTo(20, within(1e-9));
        assertThat(summary.min()).isCloseTo(10, within(1e-9));
        assertThat(summary.max()).isCloseTo(30, within(1e-9));
    }

    @Test
    void iterationsAreChosenToFillARound() throws Exception {
        Pace pace = new Pace(1, Duration.ofMillis(10), Duration.ZERO, Duration.ZERO);

        run(Map.of(Role.JAVA, peer("j").onRun("echo \"$figure 1000\"").command()), pace, LONG, CONTENDED);

        assertThat(FakePeer.log(directory)).containsExactly("j 1", "j 10", "j 100", "j 1000", "j 10000", "j 10000");
    }

    @Test
    void aPeerThatAnswersZeroIsNotAskedForEver() throws Exception {
        List<Result> results = run(
                Map.of(Role.JAVA, peer("j").onRun("echo \"$figure 0\"").command()), THREE_ROUNDS, LONG, CONTENDED);

        assertThat(results.get(0).median(Role.JAVA)).contains(0.0);
    }

    @Test
    void javaWarmsUpForItsOwnTime() throws Exception {
        Pace pace = new Pace(1, Duration.ofMillis(1), Duration.ofMillis(200), Duration.ZERO);

        run(Map.of(Role.JAVA, peer("j").command(), Role.LIMIT, peer("l").command()), pace, LONG, CONTENDED);

        assertThat(FakePeer.log(directory)).filteredOn("l 1"::equals).hasSize(2);
        assertThat(FakePeer.log(directory)).filteredOn("j 1"::equals).hasSizeGreaterThan(2);
    }

    @Test
    void aPeerWithoutTheFigureTakesNoPart() throws Exception {
        Map<Role, List<String>> peers = Map.of(
                Role.JAVA, peer("j").offering("start.spawn lock.contended").command(),
                Role.PYTHON, peer("p").offering("start.spawn").command());

        List<Result> results = run(peers, THREE_ROUNDS, LONG, CONTENDED, SPAWN);

        assertThat(results).extracting(Result::figure).containsExactly(CONTENDED, SPAWN);
        assertThat(results.get(0).summaries()).containsOnlyKeys(Role.JAVA);
        assertThat(results.get(1).summaries()).containsOnlyKeys(Role.JAVA, Role.PYTHON);
    }

    @Test
    void endOfFileEndsThePeers() throws Exception {
        run(Map.of(Role.PYTHON, peer("p").command()), THREE_ROUNDS, LONG, CONTENDED);

        assertThat(directory.resolve("p.end")).hasContent("ended");
        assertGone(FakePeer.pid(directory.resolve("p.pid")));
    }

    @Test
    void aPeerThatDiesIsNamedWithItsFigureAndItsLastWords() throws Exception {
        Map<Role, List<String>> peers = Map.of(
                Role.JAVA, peer("j").command(), Role.LIMIT, peer("l").onRun("echo boom >&2; exit 3").command());

        assertThatThrownBy(() -> run(peers, THREE_ROUNDS, LONG, CONTENDED))
                .isInstanceOf(BenchException.class)
                .hasMessage("the limit peer died (exit code 3) (lock.contended):\nboom");
        assertGone(FakePeer.pid(directory.resolve("j.pid")));
    }

    @Test
    void aPeerThatHangsIsNamedAndKilledWithWhatItStarted() throws Exception {
        String hang = "sleep 600 & echo $! > child; sleep 600 < /dev/null";
        Map<Role, List<String>> peers = Map.of(
                Role.JAVA, peer("j").command(), Role.PYTHON, peer("p").onRun(hang).command());

        assertThatThrownBy(() -> run(peers, THREE_ROUNDS, Duration.ofMillis(300), CONTENDED))
                .isInstanceOf(BenchException.class)
                .hasMessage("the python peer gave no answer within 300 ms (lock.contended)");
        assertGone(FakePeer.pid(directory.resolve("p.pid")));
        assertGone(FakePeer.pid(directory.resolve("j.pid")));
        assertGone(FakePeer.pid(directory.resolve("child")));
    }

    @Test
    void whatADeadPeerStartedIsKilledThoughItHasBeenReparented() throws Exception {
        String die = "sleep 600 > /dev/null 2>&1 & echo $! > child; kill -9 $$";
        Map<Role, List<String>> peers = Map.of(Role.JAVA, peer("j").onRun(die).command());

        assertThatThrownBy(() -> run(peers, THREE_ROUNDS, LONG, CONTENDED))
                .hasMessage("the java peer died (exit code 137) (lock.contended)");
        assertGone(FakePeer.pid(directory.resolve("child")));
    }

    @Test
    void nonsenseIsAnError() throws Exception {
        for (String nonsense : List.of("hello", "lock.contended x", "start.spawn 5")) {
            Map<Role, List<String>> peers =
                    Map.of(Role.JAVA, peer("j").onRun("echo '" + nonsense + "'").command());

            assertThatThrownBy(() -> run(peers, THREE_ROUNDS, LONG, CONTENDED))
                    .isInstanceOf(BenchException.class)
                    .hasMessage("the java peer answered '" + nonsense + "' (lock.contended)");
        }
    }

    @Test
    void aPeerThatDoesNotStartIsAnErrorAndTheOthersEnd() throws Exception {
        Map<Role, List<String>> missing =
                Map.of(Role.JAVA, peer("j").command(), Role.LIMIT, List.of(directory + "/none"));
        Map<Role, List<String>> broken =
                Map.of(Role.JAVA, peer("j").command(), Role.LIMIT, List.of("/bin/sh", "-c", "exit 4"));

        assertThatThrownBy(() -> run(missing, THREE_ROUNDS, LONG, CONTENDED))
                .hasMessageStartingWith("the limit peer does not start: ");
        assertGone(FakePeer.pid(directory.resolve("j.pid")));
        assertThatThrownBy(() -> run(broken, THREE_ROUNDS, LONG, CONTENDED))
                .hasMessage("the limit peer died (exit code 4) (the list of figures)");
        assertGone(FakePeer.pid(directory.resolve("j.pid")));
    }

    @Test
    void progressIsToldOfAllSteps() throws Exception {
        CountingProgress progress = new CountingProgress();
        Bench bench = new Bench(Map.of(Role.JAVA, peer("j").command()), THREE_ROUNDS);

        bench.run(List.of(CONTENDED), progress);

        assertThat(progress.steps).isEqualTo(bench.steps(List.of(CONTENDED))).isEqualTo(4);
        assertThat(progress.begun).isEqualTo("lock.contended");
    }

    private static final class CountingProgress implements Progress {
        private int steps;
        private String begun;

        @Override
        public void begin(Figure figure) {
            begun = figure.name();
        }

        @Override
        public void step() {
            steps++;
        }

        @Override
        public void close() {
            throw new AssertionError("the run does not own it");
        }
    }
}
