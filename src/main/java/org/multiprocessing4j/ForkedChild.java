package org.multiprocessing4j;

import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

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

    /**
     * In the parent: has at hand what each child needs, and goes through what each child does, so that they find it
     * linked. Nothing of that changes this process.
     */
    static void prepare() {
        if (!prepared) {
            prepared = true;
            load();
            Posix.rehearseFork(new Life(Spawn.rehearsal(() -> {}), ProcessTable.parent(), false));
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

    /**
     * The life of a child of the start method {@code fork}, which ends it; or a rehearsal of it. Runs in the thread that
     * forked, which becomes the child's main thread.
     *
     * @param parent who started it; in a rehearsal this process's own parent
     */
    record Life(Process process, ProcessTable.ParentProcess parent, boolean really) implements Runnable {
        @Override
        public void run() {
            // Both sides of each choice are looked up before it: what a rehearsal leaves out each child would link anew.
            try {
                Thread self = Thread.currentThread();
                String main = "main";
                String name = self.getName();
                self.setName(really ? main : name);
                Thread[] parentsThreads = settle(really);
                OSException.check(Native.close_stdin(really ? 1 : 0));
                InputStream stdin = new BufferedInputStream(new FileInputStream(FileDescriptor.in));
                System.setIn(really ? stdin : System.in);
                Process current = ProcessTable.current();
                ProcessTable.become(really ? process : current, parent);
                live(process, parentsThreads, really);
            } catch (Throwable e) {
                if (!really) {
                    throw e;
                }
                Bootstrap.report(process, e);
                exit(1, true);
            }
        }
    }

    /**
     * What comes first in a child, before it needs to know its process.
     *
     * @return the parent's threads: there they are, but they do not run
     */
    static Thread[] settle(boolean really) {
        Thread[] parentsThreads = Jvm.application_threads();
        if (Thread.interrupted() && !really) {
            Thread.currentThread().interrupt();
        }
        OSException.check(Jvm.default_sent_faults(really));
        return parentsThreads;
    }

    /**
     * Runs what has become the current process, and ends the child.
     *
     * @param parentsThreads which are not waited for
     * @param really false for a rehearsal, in a process that is no child and goes on
     */
    static void live(Process process, Thread[] parentsThreads, boolean really) {
        try {
            Bootstrap.endWithParent(process);
            int code = Bootstrap.run(process);
            joinThreads(parentsThreads, really);
            exit(code, really);
        } catch (Throwable e) {
            Bootstrap.report(process, e);
            exit(1, really);
        }
    }

    // No lambdas and streams from here on: each child would link them anew, for milliseconds.

    /**
     * As a JVM does before it ends: waits for the non-daemon threads, also those that are started meanwhile.
     *
     * @param parentsThreads which are not waited for
     * @param really false waits for none at all
     */
    static void joinThreads(Thread[] parentsThreads, boolean really) throws InterruptedException {
        boolean waited;
        do {
            waited = false;
            for (Thread thread : Jvm.application_threads()) {
                if (!thread.isDaemon() && !contains(parentsThreads, thread) && really) {
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
