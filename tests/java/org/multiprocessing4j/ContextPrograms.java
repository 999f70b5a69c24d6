package org.multiprocessing4j;

import org.multiprocessing4j.support.Targets;

/** Main programs that settle the start method, which is done once in a program. */
final class ContextPrograms {

    private ContextPrograms() {}

    private static void trySet() {
        try {
            Multiprocessing.setStartMethod("spawn");
            ExitPrograms.say("set");
        } catch (IllegalStateException e) {
            ExitPrograms.say(e.getMessage());
        }
    }

    /** Sets it twice. */
    static final class Twice {
        private Twice() {}

        public static void main(String[] args) {
            trySet();
            trySet();
            Multiprocessing.setStartMethod("spawn", true);
            ExitPrograms.say(Multiprocessing.getStartMethod() + " " + Multiprocessing.cpuCount());
        }
    }

    /** Uses it before it sets it. */
    static final class TooLate {
        private TooLate() {}

        public static void main(String[] args) {
            Process process = Process.of(Targets.nothing());
            ExitPrograms.say(process.name());
            Multiprocessing.getContext("spawn").process(Targets.nothing());
            trySet();
            Multiprocessing.setStartMethod("spawn", true);
            Multiprocessing.getContext();
            trySet();
        }
    }
}
