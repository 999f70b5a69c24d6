package org.multiprocessing4j;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.Targets;
import org.multiprocessing4j.util.Handover;

/** The programs of {@link ForkServerTest}. */
final class ForkServerPrograms {

    private static final int ESRCH = 3;

    private ForkServerPrograms() {}

    private static int runOne() {
        try (Process child = new Process(Targets.nothing())) {
            child.start();
            child.join();
            return child.exitcode();
        }
    }

    /** The first child of this JVM: what comes after it are spares. */
    private static int server() {
        return ProcFs.children().stream().min(Integer::compare).orElseThrow();
    }

    private static List<Integer> awaitSpares() {
        await().until(() -> ProcFs.children().size() > 1);
        return ProcFs.children().stream().filter(pid -> pid != server()).toList();
    }

    private static org.awaitility.core.ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(5)).pollInSameThread();
    }

    /** Whether all threads of a process have ended, reaped or not; its first one alone tells nothing of its files. */
    private static boolean isGone(int pid) {
        int pidfd;
        try {
            pidfd = Posix.pidfdOpen(pid);
        } catch (OSException e) {
            if (e.errno() == ESRCH) {
                return true;
            }
            throw e;
        }
        try {
            return Posix.waitReadable(pidfd, Duration.ZERO);
        } finally {
            Posix.close(pidfd);
        }
    }

    private static void kill(int pid) {
        try {
            Posix.kill(pid, Posix.SIGKILL);
        } catch (OSException e) {
            if (e.errno() != ESRCH) {
                throw e;
            }
        }
    }

    static final class Spares {
        private Spares() {}

        public static void main(String[] args) {
            runOne();
            List<Integer> spares = awaitSpares();
            System.out.println("a spare waits");
            System.out.println("active " + Multiprocessing.activeChildren());
            Process next = new Process(Targets.nothing());
            next.start();
            System.out.println("it was a spare: " + spares.contains((int) (long) next.pid()));
            next.join();
            Multiprocessing.setForkserverSpares(0);
            System.out.println("without spares " + (ProcFs.children().size() - 1));
        }
    }

    static final class Many {
        private Many() {}

        static final int CHILDREN = 30;

        public static void main(String[] args) {
            for (int i = 0; i < CHILDREN; i++) {
                runOne();
            }
            System.out.println("all ran");
        }
    }

    static final class Killer {
        private Killer() {}

        private static final int SPARES = 8;

        public static void main(String[] args) {
            Multiprocessing.setForkserverSpares(SPARES);
            List<Process> atOnce = Stream.generate(() -> new Process(Targets.nothing())).limit(2 * SPARES).toList();
            atOnce.forEach(Process::start); // so that more are kept ready
            atOnce.forEach(Process::join);
            List<Integer> spares = awaitSpares();
            if (args[0].equals("server")) {
                kill(server());
            } else {
                spares.forEach(ForkServerPrograms::kill);
            }
            await().until(() -> spares.stream().allMatch(ForkServerPrograms::isGone));
            System.out.println("the spares have ended");
            System.out.println("started " + runOne());
            System.out.println("started " + runOne());
        }
    }

    /** Kills a program that has a fork server and spares. */
    static final class Orphans {
        private Orphans() {}

        public static void main(String[] args) {
            if (args.length > 0) {
                runOne();
                awaitSpares();
                System.out.println(ProcFs.children());
                new Gate().pass();
            }
            try (JavaProgram program = JavaProgram.of(Orphans.class, "owner").start()) {
                String[] pids = program.awaitLine("\\[.*\\]").replaceAll("[\\[\\] ]", "").split(",");
                Posix.kill(program.pid(), Posix.SIGKILL);
                await().until(() -> List.of(pids).stream().allMatch(pid -> isGone(Integer.parseInt(pid))));
                System.out.println("all gone");
            }
        }
    }

    /** Starts children while somebody kills the server and the spares. */
    static final class Chaos {
        private static final int CHILDREN = 40;

        private Chaos() {}

        public static void main(String[] args) throws InterruptedException {
            Random random = new Random(Long.parseLong(args[0]));
            Value<Integer> ran = Value.of(CType.INT, 0);
            runOne();
            int expected = 0;
            int killed = 0;
            for (int i = 0; i < CHILDREN; i++) {
                Thread killer = new Thread(() -> {
                    List<Integer> all = ProcFs.children();
                    int victim = all.isEmpty() ? 0 : all.get(random.nextInt(all.size()));
                    if (victim != 0 && Multiprocessing.activeChildren().stream().noneMatch(p -> p.pid() == victim)) {
                        kill(victim);
                    }
                });
                if (i % 2 == 0) {
                    killer.start();
                    killer.join();
                }
                try (Process child = Process.of(Chaos::count, ran)) {
                    child.start();
                    child.join();
                    // A spare may have been killed already when it was given the process, and not yet have ended.
                    expected += child.exitcode() == 0 ? 1 : 0;
                    killed += child.exitcode() == -Posix.SIGKILL ? 1 : 0;
                }
            }
            System.out.println((ran.getInt() == expected ? expected + killed : -1) + " ran or were killed");
            Multiprocessing.setForkserverSpares(0);
            ForkServer.instance().end();
            System.out.println(ProcFs.children().isEmpty() ? "nothing left" : "left: " + ProcFs.children());
        }

        private static void count(Value<Integer> ran) {
            ran.getAndAdd(1);
        }
    }

    static final class Preload {
        private Preload() {}

        public static void main(String[] args) {
            Multiprocessing.setForkserverPreload(args.length > 0 ? List.of(args) : List.of(Stamp.class.getName()));
            Array<Integer> pids = Array.of(CType.INT, 2);
            for (int i = 0; i < 2; i++) {
                try (Process child = Process.of((array, at) -> array.set(at, Stamp.PID), pids, i)) {
                    child.start();
                    int pid = child.pid().intValue();
                    child.join();
                    if (i == 0) {
                        System.out.println("initialized by another process: " + (pids.get(0) != pid));
                    }
                }
            }
            System.out.println("the same for both: " + pids.get(0).equals(pids.get(1)));
        }
    }

    static final class Stamp {
        static final int PID = Posix.getpid();

        private Stamp() {}
    }

    static final class Interrupted {
        private Interrupted() {}

        public static void main(String[] args) {
            Multiprocessing.setForkserverSpares(0);
            Process child = new Process(Targets.waitFor(new Gate()));
            child.start();
            int server = server();
            Posix.kill(server, Posix.SIGINT);
            child.interrupt();
            child.join();
            System.out.println("child " + child.exitcode());
            int code = runOne();
            System.out.println("the same server: " + (server == server()));
            System.out.println("started " + code);
        }
    }

    /** With a program in java's place that makes no children. */
    static final class Fallback {
        private Fallback() {}

        public static void main(String[] args) {
            System.out.println(Multiprocessing.getStartMethod());
            Path java = Path.of(System.getProperty("java.home"), "bin", "java");
            Multiprocessing.setExecutable(Path.of("/bin/false"));
            Process child = new Process(Targets.nothing());
            try {
                ForkServer.instance().start(new byte[0], new Handover(), child);
            } catch (ForkServer.Unusable e) {
                Multiprocessing.fallBack(e.getMessage());
            }
            Multiprocessing.setExecutable(java);
            System.out.println(runOne());
            System.out.println(Multiprocessing.getStartMethod());
            child.start();
            child.join();
            System.out.println(child.exitcode());
            System.out.println(Multiprocessing.getAllStartMethods());
        }
    }

    static final class Flags {
        private Flags() {}

        public static void main(String[] args) {
            try (Process child = new Process(Flags::print)) {
                child.start();
                child.join();
            }
        }

        private static void print() {
            ManagementFactory.getRuntimeMXBean().getInputArguments().forEach(System.out::println);
        }
    }
}
