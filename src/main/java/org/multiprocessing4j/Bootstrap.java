package org.multiprocessing4j;

import org.multiprocessing4j.posix.Posix;

/** What every child does with its process, however it was made. Mirrors {@code BaseProcess._bootstrap}. */
final class Bootstrap {

    private Bootstrap() {}

    /**
     * Runs the process, and reports what leaves it.
     *
     * @return the exit code
     */
    static int run(Process process) {
        try {
            process.run();
            return 0;
        } catch (Throwable e) {
            report(process, e);
            return 1;
        }
    }

    static void report(Process process, Throwable error) {
        synchronized (System.err) {
            System.err.println("Process " + process.name() + ":");
            error.printStackTrace();
        }
    }

    /** A daemon ends with its parent also when that was killed, and cannot terminate it. */
    static void endWithParent(Process process) {
        if (process.daemon()) {
            new ParentWatch(ProcessTable.parent().sentinel()).start();
        }
    }

    /** No lambda: each forked child would link it anew, for milliseconds. */
    private static final class ParentWatch extends Thread {
        private final int parent;

        ParentWatch(int parent) {
            super("multiprocessing parent watch");
            this.parent = parent;
            setDaemon(true);
        }

        @Override
        public void run() {
            Posix.waitReadable(parent, null);
            Posix.kill(Posix.getpid(), Posix.SIGTERM);
        }
    }
}
