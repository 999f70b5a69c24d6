package org.multiprocessing4j;

import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.nio.charset.StandardCharsets;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;

/**
 * What a live-forked child does with its life. Mirrors {@code BaseProcess._bootstrap}, and what {@code popen_fork} does
 * after it.
 */
final class ForkedChild {

    private static final String[] NEEDED = {
        Bootstrap.class.getName(), BufferedInputStream.class.getName(), StandardCharsets.class.getName()
    };

    private ForkedChild() {}

    private static boolean prepared;

    /** In the parent: has at hand what each child needs. */
    static void prepare() {
        if (!prepared) {
            prepared = true;
            load();
            live(Spawn.rehearsal(() -> {}), null, false);
        }
    }

    private static void load() {
        for (String needed : NEEDED) {
            try {
                Class.forName(needed);
            } catch (ClassNotFoundException e) {
                throw new LinkageError(needed, e);
            }
        }
    }

    /** Runs the process in this thread, which becomes the child's main thread, and ends the child. */
    static void run(Process process, ProcessTable.ParentProcess parent) {
        try {
            Thread[] parentsThreads = settle();
            OSException.check(Native.close_stdin());
            System.setIn(new BufferedInputStream(new FileInputStream(FileDescriptor.in)));
            ProcessTable.become(process, parent);
            live(process, parentsThreads, true);
        } catch (Throwable e) {
            Bootstrap.report(process, e);
            exit(1, true);
        }
    }

    /**
     * What comes first in a child, before it needs to know its process.
     *
     * @return the parent's threads: there they are, but they do not run
     */
    static Thread[] settle() {
        Thread[] parentsThreads = Jvm.application_threads();
        Thread.interrupted();
        OSException.check(Jvm.default_sent_faults());
        return parentsThreads;
    }

    /**
     * Runs what has become the current process, and ends the child.
     *
     * @param parentsThreads which are not waited for; null waits for none at all
     * @param exits false for a rehearsal, in a process that is no child and goes on
     */
    static void live(Process process, Thread[] parentsThreads, boolean exits) {
        try {
            Bootstrap.endWithParent(process);
            int code = Bootstrap.run(process);
            joinThreads(parentsThreads);
            exit(code, exits);
        } catch (Throwable e) {
            Bootstrap.report(process, e);
            exit(1, exits);
        }
    }

    // No lambdas and streams from here on: each child would link them anew, for milliseconds.

    /**
     * As a JVM does before it ends: waits for the non-daemon threads, also those that are started meanwhile.
     *
     * @param parentsThreads which are not waited for; null for none at all
     */
    static void joinThreads(Thread[] parentsThreads) throws InterruptedException {
        boolean waited;
        if (parentsThreads == null) {
            return;
        }
        do {
            waited = false;
            for (Thread thread : Jvm.application_threads()) {
                if (!thread.isDaemon() && !contains(parentsThreads, thread)) {
                    thread.join();
                    waited = true;
                }
            }
        } while (waited);
    }

    private static boolean contains(Thread[] threads, Thread thread) {
        for (Thread one : threads) {
            if (one == thread) {
                return true;
            }
        }
        return false;
    }

    private static void exit(int code, boolean really) {
        System.out.flush();
        System.err.flush();
        if (Jvm.has_exit_work() && really) {
            System.exit(code);
        }
        Native.end_process(really ? 1 : 0, code); // as Python does; much faster than the JVM's orderly end
    }
}
