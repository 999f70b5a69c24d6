package org.multiprocessing4j.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.HeldMonitor;
import org.multiprocessing4j.support.JavaProgram;

/** Handlers of signals, in JVMs of their own: what signals do is the process's. */
class SignalsTest {

    /** Handles some signals, and ends at SIGCONT. */
    static final class Handling {
        private Handling() {}

        public static void main(String[] arguments) throws InterruptedException {
            for (int signal : new int[] {Posix.SIGUSR1, Posix.SIGUSR2, Posix.SIGTERM, Posix.SIGCHLD}) {
                Signals.handle(signal, number -> System.out.print("got " + number + "\n"));
            }
            Signals.handle(Posix.SIGINT, number -> {
                throw new IllegalStateException("on purpose");
            });
            Signals.handle(Posix.SIGCONT, number -> System.exit(7));
            System.out.print("ready\n");
            Thread.currentThread().join();
        }
    }

    @Test
    void handlersRunWhenSignalsCome() {
        try (JavaProgram program = JavaProgram.of(Handling.class).start()) {
            program.awaitLine("ready");
            for (int signal : new int[] {Posix.SIGUSR1, Posix.SIGUSR2, Posix.SIGTERM}) {
                Signals.send(program.pid(), signal);
                program.awaitLine("got " + signal);
            }
            Signals.send(program.pid(), Posix.SIGINT);
            await().atMost(Gate.PATIENCE).untilAsserted(
                    () -> assertThat(program.err()).contains("the handler of signal 2 failed", "on purpose"));
            Signals.send(program.pid(), Posix.SIGCONT);
            assertThat(program.waitFor()).isEqualTo(7);
        }
    }

    /** The JDK's children, SIGCHLD being handled; then a live fork. */
    static final class Children {
        private static final int PID = Posix.getpid();

        private Children() {}

        public static void main(String[] arguments) throws Exception {
            Signals.handle(Posix.SIGCHLD, number -> System.out.print("a child ended\n"));
            int code = new ProcessBuilder("sh", "-c", "exit 3").start().waitFor();
            System.out.print("code " + code + "\n");
            Signals.handle(Posix.SIGUSR1, number -> {
                System.out.print("in " + (Posix.getpid() == PID ? "parent" : "child") + "\n");
                if (Posix.getpid() != PID) {
                    Posix._exit(5);
                }
            });
            int child = Posix.fork();
            if (child == 0) {
                Posix.kill(Posix.getpid(), Posix.SIGUSR1);
                Posix.waitReadable(Posix.pidfdOpen(PID), null);
            }
            System.out.print("child's code " + Posix.waitpid(child).code() + "\n");
            Posix.kill(PID, Posix.SIGUSR1);
            Signals.reset(Posix.SIGCHLD);
            Posix.waitReadable(Posix.pidfdOpen(PID), Duration.ofSeconds(60));
        }
    }

    @Test
    void childrenOfTheJdkAndLiveForksGetOnWithIt() {
        try (JavaProgram program = JavaProgram.of(Children.class).start()) {
            program.awaitLine("a child ended");
            program.awaitLine("code 3");
            program.awaitLine("in child");
            program.awaitLine("child's code 5");
            program.awaitLine("in parent");
            Signals.send(program.pid(), Posix.SIGKILL);
            program.waitFor();
        }
    }

    /** Forks while another thread holds what is taken to start the handlers' thread. */
    static final class Forking {
        private Forking() {}

        public static void main(String[] arguments) {
            Signals.handle(Posix.SIGUSR1, number -> System.out.print("never\n"));
            try (HeldMonitor held = new HeldMonitor(Signals.class)) {
                int child = Posix.fork();
                if (child == 0) {
                    Posix._exit(held == null ? 1 : 6);
                }
                if (!Posix.waitReadable(Posix.pidfdOpen(child), Duration.ofSeconds(20))) {
                    System.out.print("the child hangs\n");
                    Posix.kill(child, Posix.SIGKILL);
                }
                System.out.print("child's code " + Posix.waitpid(child).code() + "\n");
            }
        }
    }

    @Test
    void aForkedChildHandlesThemWhateverAnotherThreadWasAt() {
        assertThat(JavaProgram.of(Forking.class).run().out()).isEqualTo("child's code 6\n");
    }

    /** Ignores a signal, and lets it be deadly again. */
    static final class Ignoring {
        private Ignoring() {}

        public static void main(String[] arguments) {
            Signals.ignore(Posix.SIGUSR1);
            Posix.kill(Posix.getpid(), Posix.SIGUSR1);
            System.out.print("still here\n");
            Signals.handle(14, number -> System.out.print("never\n"));
            Signals.reset(14);
            Posix.kill(Posix.getpid(), 14);
            Posix.waitReadable(Posix.pidfdOpen(Posix.getpid()), Duration.ofSeconds(60));
        }
    }

    @Test
    void signalsCanBeIgnoredAndReset() {
        JavaProgram.Outcome outcome = JavaProgram.of(Ignoring.class).run();
        assertThat(outcome.out()).isEqualTo("still here\n");
        assertThat(outcome.code()).as("SIGALRM").isEqualTo(128 + 14);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 65, 9, 19, 11, 3, 13, 41, 62})
    void someCannotBeHandled(int signal) {
        assertThatIllegalArgumentException().isThrownBy(() -> Signals.handle(signal, number -> {}));
    }
}
