package org.multiprocessing4j;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.util.List;

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
}
