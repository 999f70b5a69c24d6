package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.JavaProgram.Outcome;

/** The fork server: whole programs, with spare children as by default. */
class ForkServerTest {

    private static Outcome run(Class<?> main, String... arguments) {
        Outcome outcome = JavaProgram.of(main, arguments).run();
        assertThat(outcome.err()).as("what " + main.getSimpleName() + " said").isEmpty();
        assertThat(outcome.code()).isZero();
        return outcome;
    }

    @Test
    void sparesAreChildrenThatNobodySees() {
        assertThat(run(ForkServerPrograms.Spares.class).out().lines())
                .containsExactly("a spare waits", "active []", "it was a spare: true", "without spares 0");
    }

    @Test
    void sparesAreNotNegative() {
        assertThatIllegalArgumentException().isThrownBy(() -> Multiprocessing.setForkserverSpares(-1))
                .withMessageContaining("-1");
    }

    @Test
    void aDeadServerIsReplacedAndItsSparesGo() {
        Outcome outcome = JavaProgram.of(ForkServerPrograms.Killer.class, "server").run();
        assertThat(outcome.out().lines()).containsExactly("the spares have ended", "started 0", "started 0");
        assertThat(outcome.err()).containsOnlyOnce("the fork server").contains("another one is started");
        assertThat(outcome.code()).isZero();
    }

    @Test
    void aDeadSpareIsReplaced() {
        assertThat(run(ForkServerPrograms.Killer.class, "spares").out().lines())
                .containsExactly("the spares have ended", "started 0", "started 0");
    }

    @Test
    void serverAndSparesEndWithAKilledOwner() {
        assertThat(run(ForkServerPrograms.Orphans.class).out().lines()).containsExactly("all gone");
    }

    @Test
    void killedServersAndSparesAtRandomMomentsLoseNoChild() {
        Outcome outcome = JavaProgram.of(ForkServerPrograms.Chaos.class, "7").run();
        assertThat(outcome.out().lines()).containsExactly("40 ran or were killed", "nothing left");
        assertThat(outcome.code()).isZero();
    }

    @Test
    void preloadedClassesAreInitializedOnce() {
        assertThat(run(ForkServerPrograms.Preload.class).out().lines())
                .containsExactly("initialized by another process: true", "the same for both: true");
    }

    @Test
    void whatCannotBePreloadedIsSaid() {
        Outcome outcome = JavaProgram.of(ForkServerPrograms.Preload.class, "no.such.Type").run();
        assertThat(outcome.err()).contains("the fork server cannot preload no.such.Type");
        assertThat(outcome.code()).isZero();
    }

    @Test
    void ctrlCIsNotForTheServer() {
        assertThat(run(ForkServerPrograms.Interrupted.class).out().lines())
                .containsExactly("child -2", "the same server: true", "started 0");
    }

    /** What each child loaded or linked for itself would cost it milliseconds. */
    @Test
    void childrenLoadNothing(@TempDir Path directory) throws IOException {
        Outcome outcome = JavaProgram.of(ForkServerPrograms.Many.class)
                .environment("JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=" + directory + "/%p.log")
                .run();
        assertThat(outcome.out().lines()).containsExactly("all ran");
        Map<String, Long> loads = new HashMap<>();
        try (Stream<Path> logs = Files.list(directory)) {
            for (Path log : logs.toList()) {
                try (Stream<String> lines = Files.lines(log)) {
                    lines.filter(line -> line.contains(" source:"))
                            .map(line -> line.replaceAll("^(\\[[^]]*])+ *| source:.*|0x[0-9a-f]+|[0-9]+", ""))
                            .filter(name -> !name.startsWith("java.lang.invoke.")) // the program's own
                            .forEach(name -> loads.merge(log.getFileName() + " " + name, 1L, Long::sum));
                }
            }
        }
        assertThat(loads).isNotEmpty();
        loads.values().removeIf(count -> count < ForkServerPrograms.Many.CHILDREN / 2);
        assertThat(loads).isEmpty();
    }

    @Test
    void withoutAServerChildrenAreSpawned() {
        Outcome outcome = JavaProgram.of(ForkServerPrograms.Fallback.class).run();
        assertThat(outcome.out().lines())
                .containsExactly("forkserver", "0", "spawn", "0", "[fork, spawn]");
        assertThat(outcome.err()).containsOnlyOnce("children are started with spawn, since forkserver does not work");
    }

    @Test
    void aServerHasTheFlagsOfItsApplicationButForTheCollector() {
        Outcome outcome = JavaProgram.of(ForkServerPrograms.Flags.class)
                .flags("-XX:-UseSerialGC", "-XX:+UseParallelGC", "-Xmx99m", "-Dmine=1", "-ea").run();
        List<String> flags = outcome.out().lines().toList();
        assertThat(flags).contains("-Xmx99m", "-Dmine=1", "-ea", "-XX:+UseSerialGC")
                .doesNotContain("-XX:+UseParallelGC");
    }

    @Test
    void anotherCollectorInTheEnvironmentDoesNotMatter() {
        Outcome outcome = JavaProgram.of(ForkServerPrograms.Spares.class)
                .flags("-XX:-UseSerialGC").environment("JAVA_TOOL_OPTIONS", "-XX:+UseParallelGC").run();
        assertThat(outcome.out().lines()).contains("a spare waits");
        assertThat(outcome.err().lines()).allMatch(line -> line.startsWith("Picked up"));
    }

    @Test
    void aSmallHeapIsEnough() {
        Outcome outcome = JavaProgram.of(ForkServerPrograms.Spares.class).flags("-Xmx10m").run();
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out().lines()).contains("a spare waits");
    }
}
