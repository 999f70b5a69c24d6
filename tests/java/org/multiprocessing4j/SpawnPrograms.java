package org.multiprocessing4j;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.Targets;

/** Main programs that start children with the method spawn. */
final class SpawnPrograms {

    private SpawnPrograms() {}

    /** Its child prints the flags it was started with, and some of its environment. */
    static final class Flags {
        private Flags() {}

        public static void main(String[] args) {
            Process child = Process.of(Flags::describe);
            child.start();
            child.join();
            System.exit(child.exitcode());
        }

        private static void describe() {
            ManagementFactory.getRuntimeMXBean().getInputArguments()
                    .forEach(flag -> ExitPrograms.say("flag " + flag));
            for (String name : List.of("MINE", "JAVA_TOOL_OPTIONS")) {
                ExitPrograms.say("environment " + name + "=" + System.getenv(name));
            }
            ExitPrograms.say("class path " + System.getProperty("java.class.path"));
            ExitPrograms.say("assertions " + Flags.class.desiredAssertionStatus());
        }
    }

    /** Its child cannot read what it is to run. */
    static final class Unreadable {
        private Unreadable() {}

        private static final class Rotten implements Serializable {
            private static final long serialVersionUID = 1L;

            private void readObject(ObjectInputStream in) throws IOException {
                throw new IOException("rotten");
            }
        }

        public static void main(String[] args) {
            Process child = Process.of(rotten -> {}, new Rotten());
            child.start();
            child.join();
            ExitPrograms.say("exit code " + child.exitcode());
        }
    }

    /** Starts one child after another, and tells of the JVM that stands by for the next. */
    static final class Standby {
        private Standby() {}

        public static void main(String[] args) {
            run();
            ExitPrograms.say("after the first: " + ProcFs.children().size());
            run();
            int standby = theOneChild();
            ExitPrograms.say("the third is the one that stood by: " + (run() == standby));
            int dead = theOneChild();
            Posix.kill(dead, Posix.SIGKILL);
            await().atMost(Gate.PATIENCE).until(() -> !ProcFs.isRunning(dead));
            ExitPrograms.say("one that is dead is not taken: " + (run() != dead));
            Multiprocessing.setExecutable(Path.of("/bin/true"));
            int javas = theOneChild();
            ExitPrograms.say("nor one of another program: " + (run() != javas));
            Multiprocessing.setExecutable(Path.of(System.getProperty("java.home"), "bin", "java"));
            run();
            switch (args[0]) {
                case "idle" -> {
                    await().atMost(Gate.PATIENCE).until(() -> ProcFs.children().isEmpty());
                    ExitPrograms.say("when nobody asks for it, it ends");
                }
                case "killed" -> Posix.kill(Posix.getpid(), Posix.SIGKILL);
                default -> ExitPrograms.say(ProcFs.children().size() + " stands by");
            }
        }

        private static int theOneChild() {
            if (ProcFs.children().size() != 1) {
                throw new AssertionError(ProcFs.children());
            }
            return ProcFs.children().get(0);
        }

        private static long run() {
            Process process = Multiprocessing.getContext("spawn").process(Targets.exit(3));
            process.start();
            long pid = process.pid();
            process.join();
            process.close();
            return pid;
        }
    }
}
