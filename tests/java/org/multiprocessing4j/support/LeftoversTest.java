package org.multiprocessing4j.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.Pipe;
import org.multiprocessing4j.posix.Posix;

/** The leak check itself: that it sees what is left, and the report of what hangs. */
class LeftoversTest {

    private Leftovers before;

    /** Called by each test itself: others may run in other threads. */
    private void look() {
        before = Leftovers.now();
    }

    private List<String> left() {
        return Leftovers.now().since(before);
    }

    @Test
    void nothingIsLeftByNothing() {
        look();
        assertThat(left()).isEmpty();
    }

    @Test
    void seesDescriptors() {
        look();
        Pipe pipe = Posix.pipe();
        assertThat(left()).hasSize(2).allMatch(thing -> thing.matches("descriptor \\d+ -> pipe:\\[\\d+]"));
        Posix.close(pipe.reader());
        Posix.close(pipe.writer());
        assertThat(left()).isEmpty();
    }

    @Test
    void seesChildrenAlsoWhenTheyAreZombies() {
        look();
        int child = Posix.spawn(List.of("/bin/sleep", "60"));
        // The kernel lets go of who spawns before the new program's arguments can be seen.
        await().pollInSameThread().atMost(Gate.PATIENCE).until(() -> left().toString().endsWith("sleep 60]"));
        assertThat(left()).singleElement().asString().matches("child " + child + " \\w .*sleep 60");
        Posix.kill(child, Posix.SIGKILL);
        int pidfd = Posix.pidfdOpen(child);
        assertThat(Posix.waitReadable(pidfd, Gate.PATIENCE)).isTrue();
        Posix.close(pidfd);
        assertThat(left()).singleElement().asString().matches("child " + child + " Z \\(sleep\\)");
        assertThat(Leftovers.now().childrenSince(before)).containsExactly(child);
        Posix.waitpid(child);
        assertThat(left()).isEmpty();
    }

    @Test
    void seesNamesInSharedMemory() throws IOException {
        look();
        Path name = Files.createTempFile(Path.of("/dev/shm"), "sem.test-", "");
        try {
            assertThat(left()).containsExactly("shared memory " + name);
        } finally {
            Files.delete(name);
        }
    }

    @Test
    void seesThreadsThatKeepTheProcessAlive() throws InterruptedException {
        look();
        CountDownLatch end = new CountDownLatch(1);
        Thread thread = new Thread(() -> awaitZero(end), "left behind");
        Thread daemon = new Thread(() -> awaitZero(end), "daemon");
        daemon.setDaemon(true);
        thread.start();
        daemon.start();
        assertThat(left()).containsExactly("thread " + thread.getId() + " \"left behind\"");
        end.countDown();
        thread.join();
        assertThat(left()).isEmpty();
    }

    private static void awaitZero(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aHangIsReportedWithThreadsAndProcesses() {
        int child = Posix.spawn(List.of("/bin/sleep", "60"));
        assertThat(HangReport.describe("this test hangs"))
                .startsWith("this test hangs\nProcesses:\n" + Posix.getpid() + " ")
                .containsPattern("\n  " + child + " \\w .*sleep")
                .contains("org.multiprocessing4j.support.LeftoversTest.aHangIsReportedWithThreadsAndProcesses");
        Posix.kill(child, Posix.SIGKILL);
        Posix.waitpid(child);
    }
}
