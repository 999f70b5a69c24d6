package org.multiprocessing4j;

import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
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
            OSException.check(Native.signal_at_end_of(ProcessTable.parent().sentinel(), Posix.SIGTERM));
        }
    }
}
