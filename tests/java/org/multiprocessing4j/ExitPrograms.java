package org.multiprocessing4j;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.Mailbox;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.Targets;

/** Small main programs, each run as a JVM of its own; the first argument is the start method. */
final class ExitPrograms {

    private ExitPrograms() {}

    private static Context context(String[] args) {
        Multiprocessing.setStartMethod(args[0]);
        return Multiprocessing.getContext();
    }

    /** Prints a line at once. */
    static void say(Object line) {
        System.out.println(line);
        System.out.flush();
    }

    /** Its children end by exceptions: one of the target, one of another thread. */
    static final class Uncaught {
        private Uncaught() {}

        public static void main(String[] args) {
            Context ctx = context(args);
            Process bad = ctx.builder().name("bad").target(Targets.fail("boom")).build();
            bad.start();
            bad.join();
            say("bad " + bad.exitcode());
            Process error = ctx.builder().name("worse").target(Uncaught::overflow).build();
            error.start();
            error.join();
            say("worse " + error.exitcode());
            Process thread = ctx.builder().name("good").target(Uncaught::failElsewhere).build();
            thread.start();
            thread.join();
            say("good " + thread.exitcode());
        }

        private static void overflow() {
            throw new AssertionError("an Error too");
        }

        private static void failElsewhere() throws InterruptedException {
            Thread thread = new Thread(() -> {
                throw new IllegalStateException("elsewhere");
            }, "side");
            thread.start();
            thread.join();
        }
    }

    /** Leaves a daemon and another child, and ends as it is told. */
    static final class Leaver {
        private Leaver() {}

        public static void main(String[] args) {
            Context ctx = context(args);
            Gate running = new Gate();
            Process daemon = ctx.builder().daemon(true).target(Leaver::runForever, running).build();
            daemon.start();
            running.pass();
            Process child = ctx.builder().target(Leaver::outliveMain, running).build();
            child.start();
            running.pass();
            switch (args[1]) {
                case "exit" -> System.exit(5);
                case "throw" -> throw new IllegalStateException("main fails");
                case "halt" -> Runtime.getRuntime().halt(6);
                default -> say("main returns");
            }
        }

        /** Says its pid, and runs until it is killed. */
        private static void runForever(Gate running) {
            say("daemon " + Posix.getpid());
            running.open();
            new Gate().pass();
        }

        private static void outliveMain(Gate running) {
            say("child " + Posix.getpid());
            running.open();
            Multiprocessing.parentProcess().join(Duration.ofMillis(300));
            say("child ends");
        }
    }

    /** Runs, with a daemon and another child that ends with it, until a signal comes. */
    static final class Target {
        private Target() {}

        public static void main(String[] args) {
            Context ctx = context(args);
            Gate running = new Gate();
            ctx.builder().daemon(true).target(Leaver::runForever, running).build().start();
            running.pass();
            Process child = ctx.builder().target(Target::awaitOrphanhood, running).build();
            child.start();
            running.pass();
            say("ready");
            child.join();
        }

        /** Ends when its parent has ended, however that was. */
        private static void awaitOrphanhood(Gate running) {
            Process parent = Multiprocessing.parentProcess();
            running.open();
            say("orphaned: " + parent.join(Gate.PATIENCE) + ", parent alive: " + parent.isAlive() + ", ppid changed: "
                    + (Posix.getppid() != parent.pid()));
        }
    }

    /** Its child reads standard input, then it does. */
    static final class Reader {
        private Reader() {}

        public static void main(String[] args) {
            Mailbox box = new Mailbox();
            Process child = context(args).process(Targets.readStandardInput(box));
            child.start();
            child.join();
            say("child " + box.text());
            say("main " + new Scanner(System.in).nextLine());
        }
    }

    /** Prints without line ends, in turn with its child. */
    static final class Printer {
        private Printer() {}

        public static void main(String[] args) {
            System.out.print("main ");
            System.err.print("MAIN ");
            Process child = context(args).process(() -> {
                System.out.print("child ");
                System.err.print("CHILD ");
            });
            child.start();
            child.join();
            System.out.print("again");
            System.err.print("AGAIN");
        }
    }

    /** Starts a child while descriptors are scarce: with none, with one, and so on until it succeeds. */
    static final class Scarce {
        private static final int EBADF = 9;
        private static final int EMFILE = 24;

        private Scarce() {}

        public static void main(String[] args) {
            Context ctx = context(args);
            Multiprocessing.setForkserverSpares(0);
            rehearse(ctx);
            List<Integer> server = ProcFs.children();
            int before = ProcFs.descriptors();
            int free = 0;
            while (!attemptWith(free, ctx)) {
                free++;
                say(ProcFs.descriptors() - before + " descriptors left"
                        + (ProcFs.children().equals(server) ? "" : ", and " + ProcFs.children()));
            }
            say("started with " + (free > 1 ? "some" : free) + " descriptors");
        }

        /** Loads the classes, as that takes descriptors too. */
        private static void rehearse(Context ctx) {
            say(attempt(ctx) && ProcFs.descriptors() > 0 && Multiprocessing.activeChildren().isEmpty());
            try {
                Posix.close(-1);
            } catch (OSException e) {
                say(e.errno() == EBADF ? "rehearsed" : e);
            }
        }

        private static boolean attemptWith(int free, Context ctx) {
            List<Integer> hoard = hoard();
            hoard.subList(0, free).forEach(Posix::close);
            boolean started = attempt(ctx);
            hoard.subList(free, hoard.size()).forEach(Posix::close);
            return started;
        }

        /** Takes all descriptors there are. */
        private static List<Integer> hoard() {
            List<Integer> hoard = new ArrayList<>();
            try {
                while (true) {
                    hoard.add(Posix.pidfdOpen(Posix.getpid()));
                }
            } catch (OSException e) {
                return hoard;
            }
        }

        private static boolean attempt(Context ctx) {
            Process process = ctx.process(Targets.exit(3));
            try {
                process.start();
            } catch (OSException e) {
                if (e.errno() != EMFILE || process.pid() != null || process.isAlive()) {
                    say("not as it should be: " + e + " " + process);
                }
                return false;
            }
            process.join();
            if (process.exitcode() != 3) {
                say("not as it should be: " + process);
            }
            process.close();
            return true;
        }
    }

    /** Allocates more shared memory than it may have. */
    static final class Greedy {
        private Greedy() {}

        public static void main(String[] args) {
            RawArray<Byte> small = RawArray.of(CType.BYTE, 1000);
            for (int i = 0; i < 3; i++) {
                int before = ProcFs.descriptors();
                try {
                    RawArray.of(CType.BYTE, 64 << 20);
                    say("it was allowed");
                } catch (OSException e) {
                    say("errno " + e.errno() + " " + (ProcFs.descriptors() - before) + " left");
                }
            }
            small.set(999, (byte) 7);
            say("goes on " + small.get(999));
        }
    }
}
