package org.multiprocessing4j;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.HangReport;
import org.multiprocessing4j.support.Targets;

/** The programs of {@link ForkTest}. */
final class ForkPrograms {

    private ForkPrograms() {}

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Other threads are inside of what a child needs: random numbers, starting threads, the forking thread itself. */
    static final class Busy {
        private static final int CHILDREN = 20;

        private static final long PAUSE_NANOS = 20_000;

        private Busy() {}

        public static void main(String[] args) throws InterruptedException {
            daemon("uuid", () -> {
                while (true) {
                    UUID.randomUUID();
                    LockSupport.parkNanos(PAUSE_NANOS); // or it would hold a lock at almost every moment
                }
            });
            daemon("starter", () -> {
                while (true) {
                    Thread thread = new Thread(() -> {});
                    thread.start();
                    join(thread);
                }
            });
            Thread forker = Thread.currentThread();
            daemon("joiner", () -> {
                while (true) {
                    synchronized (forker) { // as Thread.join does for a moment
                        LockSupport.parkNanos(PAUSE_NANOS);
                    }
                }
            });
            int good = 0;
            for (int i = 0; i < CHILDREN; i++) {
                Process child = new Process(Busy::live);
                child.start();
                if (!child.join(Duration.ofSeconds(20))) {
                    System.out.println(child + " hangs\n" + HangReport.ofChild(child.pid().intValue()));
                    child.kill();
                }
                good += Integer.valueOf(0).equals(child.exitcode()) ? 1 : 0;
            }
            System.out.println(good + " children ended with 0");
        }

        private static void live() {
            Thread thread = new Thread(UUID::randomUUID);
            thread.start();
            join(thread);
        }

        private static void join(Thread thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    static final class Collecting {
        private Collecting() {}

        public static void main(String[] args) {
            for (int i = 0; i < 2; i++) {
                Process child = new Process(System::gc);
                child.start();
                if (!child.join(Duration.ofSeconds(20))) {
                    System.out.println(child + " hangs\n" + HangReport.ofChild(child.pid().intValue()));
                    child.kill();
                }
                System.out.println("exit code " + child.exitcode());
                System.gc();
            }
        }
    }

    static final class Parent {
        private Parent() {}

        public static void main(String[] args) throws IOException {
            Thread self = Thread.currentThread();
            self.setName("own name");
            InputStream stdin = System.in;
            Process child = new Process(Targets.nothing());
            self.interrupt();
            child.start();
            boolean interrupted = Thread.interrupted();
            child.join();
            System.out.println("exit code " + child.exitcode());
            System.out.printf("%s, %s, [%s stdin: %c], %s%n",
                    self.getName(), interrupted ? "interrupted" : "not interrupted",
                    System.in == stdin ? "same" : "another", System.in.read(),
                    Multiprocessing.parentProcess() == null ? "no parent" : "a parent");
        }
    }

    static final class Holder {
        private Holder() {}

        public static void main(String[] args) {
            Object lock = new StringBuilder();
            Gate held = new Gate();
            daemon("holder", () -> {
                synchronized (lock) {
                    held.open();
                    new Gate().pass();
                }
            });
            held.pass();
            Process child = new Process(Targets.nothing());
            child.start();
            child.join();
        }
    }

    static final class Hooks {
        private Hooks() {}

        public static void main(String[] args) {
            for (int i = 1; i <= 2; i++) {
                int number = i;
                Multiprocessing.registerAtFork(
                        () -> ExitPrograms.say("before " + number), () -> ExitPrograms.say("parent " + number),
                        () -> ExitPrograms.say("child " + number));
            }
            Multiprocessing.registerAtFork(null, null, () -> {
                throw new AssertionError("in a hook");
            });
            Process child = new Process(() -> ExitPrograms.say("target"));
            child.start();
            child.join();
            ExitPrograms.say("exit code " + child.exitcode());
        }
    }

    static final class Ending {
        private Ending() {}

        public static void main(String[] args) {
            Multiprocessing.getContext("fork");
            Process before = new Process(Targets.nothing());
            before.start();
            before.join();
            Process late = new Process(Targets.nothing());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    late.start();
                } catch (IllegalStateException e) {
                    System.out.println(e);
                }
            }));
        }
    }

    static final class ExitHooks {
        private ExitHooks() {}

        public static void main(String[] args) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook of the parent")));
            Process child = new Process(() -> {
                Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook of the child")));
                System.exit(5);
            });
            child.start();
            child.join();
            System.out.println("exit code " + child.exitcode());
        }
    }
}
