package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Gate;

/** A C++ program (tests/native/mixed_peer.cpp) and this one work on the same objects at the same time. */
class MixedLanguageTest {

    private static final int ROUNDS = 20_000;
    private static final double[] INITIAL = {0.5, -1.5, 1e300, 0};

    private final Value<Integer> counter = Value.of(CType.INT, 5, false);
    private final Lock lock = new Lock();
    private final Array<Double> array = Array.of(CType.DOUBLE, INITIAL, false);
    private final RLock rlock = new RLock();
    private final Value<Long> atomic = Value.of(CType.LONG, 1L << 40, false);

    @Test
    void nothingIsLost() {
        int peer = startPeer(ROUNDS, counter.handle(), lock.handle(), array.handle(), rlock.handle(), atomic.handle());
        work();
        assertThat(Posix.waitpid(peer, Gate.PATIENCE)).hasValue(new ExitStatus(0));
        assertThat(counter.getInt()).isEqualTo(5 + 2 * ROUNDS);
        assertThat(atomic.getLong()).isEqualTo((1L << 40) + 2 * ROUNDS);
        double added = 2.0 * ROUNDS / INITIAL.length;
        assertThat(array.toDoubleArray()).containsExactly(0.5 + added, -1.5 + added, 1e300, added);
        assertThat(lock.locked()).isFalse();
        assertThat(rlock.locked()).isFalse();
    }

    private void work() {
        for (int i = 0; i < ROUNDS; i++) {
            try (SemLock.Guard held = lock.hold()) {
                counter.setInt(counter.getInt() + (held == null ? 0 : 1));
            }
            rlock.acquire();
            rlock.acquire();
            array.setDouble(i % INITIAL.length, array.getDouble(i % INITIAL.length) + 1);
            rlock.release();
            rlock.release();
            atomic.getAndAdd(1);
        }
    }

    @Test
    void theLockOfOneKeepsTheOtherOut() {
        rlock.acquire();
        int peer = startPeer(4, counter.handle(), lock.handle(), array.handle(), rlock.handle(), atomic.handle());
        assertThat(Posix.waitpid(peer, Duration.ofMillis(100))).as("waits for the RLock").isEmpty();
        assertThat(atomic.getLong()).isEqualTo(1L << 40);
        rlock.release();
        assertThat(Posix.waitpid(peer, Gate.PATIENCE)).hasValue(new ExitStatus(0));
        assertThat(array.toDoubleArray()).containsExactly(1.5, -0.5, 1e300, 1);
    }

    @Test
    void whatLiesOutsideOfAnArenaIsRefused() {
        SharedHandle handle = counter.handle();
        SharedHandle outside = new SharedHandle(handle.fd(), 1L << 40, 4);
        int peer = startPeer(1, outside, lock.handle(), array.handle(), rlock.handle(), atomic.handle());
        assertThat(Posix.waitpid(peer, Gate.PATIENCE)).hasValueSatisfying(status ->
                assertThat(status.exitcode()).isEqualTo(2));
    }

    private static int startPeer(int rounds, SharedHandle... handles) {
        Path program = Path.of(System.getProperty("mp4j.home", "."), "target/cmake/tests/native/mixed_peer");
        assertThat(program).as("built by CMake, see tests/native/CMakeLists.txt").isExecutable();
        List<String> command = new ArrayList<>(List.of(program.toString(), String.valueOf(rounds)));
        Stream.of(handles).map(handle -> String.valueOf(handle.offset())).forEach(command::add);
        return Posix.spawn(command, Stream.of(handles).mapToInt(SharedHandle::fd).toArray());
    }
}
