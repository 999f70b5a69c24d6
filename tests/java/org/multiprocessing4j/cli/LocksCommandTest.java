package org.multiprocessing4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.RLock;
import org.multiprocessing4j.SemLock;
import org.multiprocessing4j.Semaphore;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import picocli.CommandLine;

/** {@code mp4j locks}. */
class LocksCommandTest {

    private record Answer(int code, String out, String err) {}

    private static Answer locks(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = new CommandLine(new LocksCommand())
                .setOut(new PrintWriter(out)).setErr(new PrintWriter(err, true));
        int code = command.execute(arguments);
        return new Answer(code, out.toString(), err.toString());
    }

    private static String me() {
        return String.valueOf(Posix.getpid());
    }

    @Test
    void saysWhoHoldsWhatAndWhoWaits() {
        RLock lock = new RLock("ledger");
        Semaphore semaphore = new Semaphore(3, "seats");
        Gate running = new Gate();
        lock.acquire();
        lock.acquire();
        try (SemLock.Guard held = semaphore.hold();
                Child child = Child.start(Process.of(LocksCommandTest::take, lock, running))) {
            assertThat(held).isNotNull();
            running.pass();
            Awaitility.await().pollInterval(Duration.ofMillis(20)).atMost(Gate.PATIENCE)
                    .until(() -> locks(me()).out().contains("waits for "));
            Answer answer = locks(me());
            assertThat(answer.code()).isZero();
            assertThat(answer.out()).containsPattern("RLock +ledger +\\d+:\\d+ +" + me() + " +\\d+ +holds 2\n")
                    .containsPattern("RLock +ledger +\\d+:\\d+ +" + child.pid() + " +\\d+ +waits for \\d\\.\\d s\n")
                    .containsPattern("Semaphore +seats +\\d+:\\d+ +" + me() + " +- +holds\n");
            assertThat(locks(String.valueOf(child.pid())).out()).as("seen from there").contains("ledger");
            assertThat(locks("--json", me()).out()).startsWith("[").contains("\"name\":\"ledger\"", "\"count\":2");
            lock.release();
            lock.release();
            assertThat(child.exitcode()).isZero();
        }
    }

    private static void take(RLock lock, Gate running) {
        running.open();
        lock.acquire();
        lock.release();
    }

    @Test
    void tellsOfDeadlocks() {
        Lock lock = new Lock("mine");
        Gate running = new Gate();
        try (Child child = Child.start(Process.of(LocksCommandTest::waitForItself, lock, running))) {
            running.pass();
            Awaitility.await().pollInterval(Duration.ofMillis(20)).atMost(Gate.PATIENCE)
                    .until(() -> locks(String.valueOf(child.pid())).code() == 1);
            assertThat(locks(me()).out()).containsPattern(
                    "Deadlock: (process " + child.pid() + " thread \\d+) waits for 'mine', held by \\1\n");
            lock.release();
            assertThat(child.exitcode()).isZero();
        }
    }

    private static void waitForItself(Lock lock, Gate running) {
        lock.acquire();
        running.open();
        lock.acquire();
    }

    @Test
    void complainsInOneLine() {
        Answer nobody = locks("4194304");
        assertThat(nobody.code()).isEqualTo(1);
        assertThat(nobody.err()).matches("mp4j locks: process 4194304: ESRCH.*\n");
        assertThat(locks().code()).isEqualTo(2);
        assertThat(locks("x").code()).isEqualTo(2);
    }
}
