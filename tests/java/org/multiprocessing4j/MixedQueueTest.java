package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Gate;

/** A C++ program (tests/native/queue_peer.cpp) and this one use the same queues. */
class MixedQueueTest {

    private static int startPeer(String task, SharedHandle... handles) {
        Path program = Path.of(System.getProperty("mp4j.home", "."), "target/cmake/tests/native/queue_peer");
        assertThat(program).as("built by CMake, see tests/native/CMakeLists.txt").isExecutable();
        List<String> command = new ArrayList<>(List.of(program.toString(), task));
        Stream.of(handles).map(handle -> String.valueOf(handle.offset())).forEach(command::add);
        return Posix.spawn(command, Stream.of(handles).mapToInt(SharedHandle::fd).toArray());
    }

    private static void assertEndsWell(int peer) {
        assertThat(Posix.waitpid(peer, Gate.PATIENCE)).hasValue(new ExitStatus(0));
    }

    @Test
    void bytesGoThereAndBack() throws InterruptedException {
        Queue<byte[]> there = new Queue<>();
        SimpleQueue<byte[]> back = new SimpleQueue<>();
        int peer = startPeer("echo", there.handle(), back.handle());
        for (int size : new int[] {1, 100, 60_000, 1_000_000, 5_000_000, 0}) {
            byte[] message = new byte[size];
            java.util.Arrays.fill(message, (byte) size);
            there.put(message);
            assertThat(back.get()).isEqualTo(message);
        }
        assertEndsWell(peer);
    }

    @Test
    void typesThatBothKnow() throws InterruptedException {
        Queue<Object> here = new Queue<>();
        Queue<Object> there = new Queue<>();
        there.put("zurück");
        there.put(1.5);
        int peer = startPeer("types", here.handle(), there.handle());
        for (Object expected : new Object[] {
            "grün", -5, 1L << 40, 2.5, 0.5f, true, 'c', (short) -2, (byte) -1
        }) {
            assertThat(here.get()).isEqualTo(expected);
        }
        assertEndsWell(peer);
    }

    @Test
    void tasksAreJoined() throws InterruptedException {
        JoinableQueue<Integer> queue = new JoinableQueue<>();
        int peer = startPeer("work", queue.handle());
        for (int i = 5; i >= 0; i--) {
            queue.put(i);
        }
        assertThat(queue.join(Gate.PATIENCE)).isTrue();
        assertEndsWell(peer);
    }
}
