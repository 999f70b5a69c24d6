package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.multiprocessing4j.cli.stress.locks.KillTally;
import org.multiprocessing4j.cli.stress.locks.KillTrial;
import org.multiprocessing4j.cli.stress.locks.Kind;
import org.multiprocessing4j.cli.stress.locks.Recruiter;
import org.multiprocessing4j.posix.Pipe;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.StartMethods;

/**
 * Processes that are killed anywhere, while others go on: at random, from a seed that a failure tells. What {@code mp4j
 * stress locks} does, for a shorter time: {@code -Dmp4j.kill.seconds=N} for each test.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS) // it ends by itself when something hangs
class SyncKillTest {

    private static final double SECONDS = Double.parseDouble(System.getProperty("mp4j.kill.seconds", "2"));

    private final long seed = System.nanoTime();
    private Pipe leash;

    @BeforeEach
    void openLeash() {
        leash = Posix.pipe();
    }

    @AfterEach
    void closeLeash() {
        Posix.close(leash.writer());
        Posix.close(leash.reader());
    }

    private Recruiter cpp() {
        Path program = Path.of(System.getProperty("mp4j.home", "."), "target/cmake/stress/lock_worker");
        assertThat(program).as("built by CMake, see src/stress/cpp").isExecutable();
        return Recruiter.cpp(program, leash.reader());
    }

    private void kill(Kind kind, Recruiter recruiter, double seconds) {
        KillTally tally = new KillTrial(kind, recruiter, Duration.ofNanos((long) (seconds * 1e9)), seed).run();
        assertThat(tally.good()).as("%s; seed %d", tally, seed).isTrue();
        assertThat(tally.kills()).as("kills").isPositive();
        if (kind == Kind.LOCK || kind == Kind.RLOCK) { // each owner that was killed is told of to the next, once
            assertThat(tally.recoveries()).as("%s; seed %d", tally, seed).isGreaterThanOrEqualTo(tally.killedInside());
        }
    }

    @StartMethods
    void whoIsLeftGoesOn(Context ctx) {
        for (Kind kind : Kind.values()) {
            kill(kind, Recruiter.java(ctx), SECONDS / Kind.values().length);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void inBothLanguages(Kind kind) {
        kill(kind, Recruiter.mixed(Recruiter.java(Multiprocessing.getContext()), cpp()), SECONDS / 2);
    }
}
