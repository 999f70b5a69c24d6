package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.multiprocessing4j.SemLockContract.MOMENT;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Gate;

/** A C++ program (tests/native/sync_peer.cpp) and this one use the same locks and their like. */
class MixedSyncTest {

    private static int startPeer(String task, SharedHandle... handles) {
        Path program = Path.of(System.getProperty("mp4j.home", "."), "target/cmake/tests/native/sync_peer");
        assertThat(program).as("built by CMake, see tests/native/CMakeLists.txt").isExecutable();
        List<String> command = new ArrayList<>(List.of(program.toString(), task));
        Stream.of(handles).map(handle -> String.valueOf(handle.offset())).forEach(command::add);
        return Posix.spawn(command, Stream.of(handles).mapToInt(SharedHandle::fd).toArray());
    }

    private static void assertEndsWell(int peer) {
        assertThat(Posix.waitpid(peer, Gate.PATIENCE)).hasValue(new ExitStatus(0));
    }

    @Test
    void whatADeadCppProcessHeldComesBack() throws InterruptedException {
        Lock lock = new Lock("between languages");
        Semaphore semaphore = new Semaphore(1);
        Event ready = new Event();
        int peer = startPeer("die", lock.handle(), semaphore.handle(), ready.handle());
        assertThat(ready.await(Gate.PATIENCE)).isTrue();
        assertThat(lock.toString()).isEqualTo("<Lock(owner=SomeOtherProcess)>");
        assertThat(lock.acquire(MOMENT)).isFalse();
        assertThat(semaphore.acquire(MOMENT)).isFalse();
        Posix.kill(peer, Posix.SIGKILL);
        Posix.waitpid(peer);
        assertThat(lock.tryLock(100, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(lock.recovered()).isTrue();
        assertThat(lock.deadOwner()).hasValueSatisfying(dead -> {
            assertThat(dead.pid()).isEqualTo(peer);
            assertThat(dead.thread()).as("the kernel's number").isEqualTo(-peer);
        });
        lock.release();
        assertThat(semaphore.acquire(Duration.ofMillis(100))).isTrue();
    }

    @Test
    void theyTakeTurnsByACondition() throws InterruptedException {
        RLock lock = new RLock();
        Condition condition = new Condition(lock);
        RawValue<Integer> turn = RawValue.of(CType.INT, 0);
        int peer = startPeer("turns", lock.handle(), condition.handle(), turn.handle());
        for (int i = 0; i < 100; i++) {
            try (SemLock.Guard held = condition.hold()) {
                assertThat(condition.waitFor(() -> turn.getInt() % 2 == 0, Gate.PATIENCE)).isTrue();
                turn.setInt(turn.getInt() + (held == null ? 0 : 1));
                condition.signal();
            }
        }
        assertEndsWell(peer);
        assertThat(turn.getInt()).isEqualTo(200);
    }

    @Test
    void theyMeetAtABarrier() throws Exception {
        Barrier barrier = new Barrier(2);
        int peer = startPeer("meet", barrier.handle());
        for (int i = 0; i < 50; i++) {
            assertThat(barrier.await(Gate.PATIENCE)).isBetween(0, 1);
        }
        assertEndsWell(peer);
        assertThat(barrier.broken()).isFalse();
    }

    @Test
    void theyHandPermitsOver() {
        Semaphore there = new Semaphore(0);
        Semaphore here = new BoundedSemaphore(1);
        here.acquire();
        int peer = startPeer("echo", there.handle(), here.handle());
        for (int i = 0; i < 100; i++) {
            there.release();
            assertThat(here.acquire(Gate.PATIENCE)).isTrue();
        }
        assertEndsWell(peer);
    }

    @Test
    void aDeadlockOfBothIsSeen() throws InterruptedException {
        Lock theirs = new Lock("theirs");
        RLock ours = new RLock("ours");
        Event ready = new Event();
        ours.acquire();
        int peer = startPeer("deadlock", theirs.handle(), ours.handle(), ready.handle());
        assertThat(ready.await(Gate.PATIENCE)).isTrue();
        Deadlock.setAction(Deadlock.Action.THROW, Duration.ofMillis(100));
        try {
            theirs.acquire();
            theirs.release();
            assertThat(true).as("a deadlock").isFalse();
        } catch (DeadlockException e) {
            assertThat(e.deadlock().members()).extracting(Deadlock.Member::lock).containsExactly("theirs", "ours");
            assertThat(e.deadlock().members()).extracting(Deadlock.Member::pid).containsExactly(Posix.getpid(), peer);
        } finally {
            Deadlock.setAction(Deadlock.Action.LOG);
        }
        ours.release();
        assertEndsWell(peer);
        Awaitility.await().atMost(Gate.PATIENCE).until(() -> Multiprocessing.deadlocks().isEmpty());
    }
}
