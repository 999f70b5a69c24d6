package org.multiprocessing4j.cli.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trials of workers that are scripts: what is told of failures, hangs and deaths, and that nothing is left. */
class TrialTest {
    private static final Plan PLAN = new Plan(2, Duration.ofSeconds(30), Duration.ofMillis(700), 4711);

    private final List<String> troubles = new ArrayList<>();
    private Path home;
    private Path scratch;

    @BeforeEach
    void makeDirectories(@TempDir Path directory) throws IOException {
        home = Files.createDirectories(directory.resolve("jdk"));
        scratch = Files.createDirectories(directory.resolve("scratch"));
        Files.createDirectories(home.resolve("bin"));
    }

    private Tally trial(Collector collector, String... lines) throws Exception {
        Path java = Files.writeString(home.resolve("bin/java"), "#!/bin/bash\n" + String.join("\n", lines) + "\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        Trial.Listener listener = new Trial.Listener() {
            @Override
            public void progress(Tally tally) {
                assertThat(tally.children()).isPositive();
            }

            @Override
            public void trouble(String account) {
                troubles.add(account);
            }
        };
        return new Trial(new Jdk(home, "17.0.1"), collector, PLAN, listener, scratch).run();
    }

    private static String echo(String message) {
        return "echo '" + message + "'";
    }

    private static String child(int number, Children.Way way, boolean busy) {
        return echo(Message.begin(number, way, Task.GARBAGE)) + "\n"
                + echo(Message.started(number, 99, way, busy, 2_000_000));
    }

    @Test
    void countsChildrenAndTheirTimes() throws Exception {
        Tally tally = trial(Collector.SERIAL, echo(Message.ways(List.of(Children.Way.values()))),
                child(1, Children.Way.POSIX, false), echo(Message.refused(2, "not now")), echo(Message.passed(1)),
                child(2, Children.Way.FORKSERVER, true), echo(Message.passed(2)), echo(Message.DONE));

        assertThat(troubles).isEmpty();
        assertThat(tally.children()).isEqualTo(2);
        assertThat(tally.successes()).isEqualTo(2);
        assertThat(tally.failures()).isZero();
        assertThat(tally.refusals()).isOne();
        assertThat(tally.liveForks()).isOne();
        assertThat(tally.serverStarts()).isOne();
        assertThat(tally.idle()).hasToString("2.00 / 2.00");
        assertThat(tally.busy()).hasToString("-");
        assertThat(Report.table(List.of(tally)).get(1)).startsWith("17.0.1  serial")
                .endsWith("posix,fork,forkserver");
    }

    @Test
    void aFailedChildIsToldWithWhatWasPrinted() throws Exception {
        Tally tally = trial(Collector.G1, child(1, Children.Way.FORK, true), "echo java.lang.Error: no",
                echo(Message.failure(1, "exit code 1, not 7")), child(2, Children.Way.FORK, true),
                echo(Message.passed(2)), echo(Message.DONE));

        assertThat(tally.failures()).isOne();
        assertThat(tally.successes()).isOne();
        assertThat(troubles).containsExactly("FAILED: JDK 17.0.1, g1, seed 4711: child 1 (fork GARBAGE): "
                + "exit code 1, not 7\n  | java.lang.Error: no");
    }

    @Test
    void aHangIsDescribedAndKilledAndTheTrialGoesOn() throws Exception {
        Path mark = scratch.resolve("second");
        Tally tally = trial(Collector.PARALLEL, "if [ -e " + mark + " ]; then", child(1, Children.Way.POSIX, true),
                echo(Message.passed(1)), echo(Message.DONE), "exit; fi", "touch " + mark,
                child(1, Children.Way.POSIX, true), "sleep 100 & while [ $(</proc/$!/comm) != sleep ]; do :; done",
                echo(Message.hang(1, 99)), "wait");

        assertThat(tally.failures()).isOne();
        assertThat(tally.children()).isEqualTo(2);
        assertThat(tally.successes()).isOne();
        assertThat(troubles).hasSize(1);
        assertThat(troubles.get(0)).contains("process 99 hangs", "bin/java", "sleep 100");
    }

    @Test
    void aSilentWorkerIsAHang() throws Exception {
        Tally tally = trial(Collector.SERIAL, child(1, Children.Way.POSIX, true), child(2, Children.Way.POSIX, true),
                "exec sleep 100");

        assertThat(tally.failures()).isOne();
        assertThat(troubles.get(0)).contains("the worker itself hangs", "sleep 100");
    }

    @Test
    void aDeadWorkerIsReplacedAFewTimes() throws Exception {
        Tally tally = trial(Collector.SERIAL, "echo oops; exit 134");

        assertThat(tally.failures()).isEqualTo(5);
        assertThat(troubles).hasSize(5).allMatch(text -> text.contains("exit code 134") && text.contains("| oops"));
    }

    @Test
    void whatIsLeftBehindIsAFailure() throws Exception {
        Tally tally = trial(Collector.SERIAL, child(1, Children.Way.POSIX, true), child(2, Children.Way.POSIX, true),
                "sleep 102 >/dev/null 2>&1 & disown", echo(Message.DONE));

        assertThat(tally.failures()).isOne();
        assertThat(troubles.get(0)).contains("left these processes behind", "sleep 102");
    }

    @Test
    void aForkThatMustBeRefusedHasToNameTheCollector() throws Exception {
        assertThat(trial(Collector.ZGC, echo(Message.refusal("not with ZGC")), echo(Message.DONE)).failures()).isZero();
        assertThat(trial(Collector.ZGC, echo(Message.refusal("")), echo(Message.DONE)).failures()).isOne();
        assertThat(troubles).singleElement().asString().contains("not refused as it must be");
    }
}
