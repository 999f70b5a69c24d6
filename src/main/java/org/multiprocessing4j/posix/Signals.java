package org.multiprocessing4j.posix;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import org.multiprocessing4j.bindings.Native;

/**
 * Signals: to send them, and to have Java code run when they come. Mirrors Python's {@code signal.signal}.
 *
 * <p>Handlers run one after the other in a daemon thread of their own, some time after the signal came; signals of one
 * kind that come meanwhile may be one, as with any handler. So a handler may do what it likes, but should not take
 * long. What it throws is logged.
 *
 * <p>A live-forked child keeps the handlers, but SIGTERM, SIGINT and SIGHUP end it; a child of another start method has
 * none. A handler for SIGCHLD must not wait for children that are not its own, as those of {@link ProcessBuilder}.
 * Thread-safe.
 */
public final class Signals {

    private static final int LAST = 64;

    /** What the JVM, the C library or live fork needs itself. */
    private static final Set<Integer> TAKEN = Set.of(
            Posix.SIGQUIT, 4, 5, 7, 8, Posix.SIGSEGV, 13, 25, // QUIT ILL TRAP BUS FPE SEGV PIPE XFSZ
            32, 33, 41, 62); // threads of the C library, live fork, the JDK's blocking calls

    private static final Map<Integer, IntConsumer> HANDLERS = new ConcurrentHashMap<>();

    private static final AtomicBoolean RUNNING = new AtomicBoolean();

    static {
        Posix.registerAtFork(null, null, Signals::afterFork);
    }

    private Signals() {}

    /**
     * Runs {@code handler} with the signal's number whenever that signal comes, in place of what happened before: a
     * signal that would have ended the process does so no more.
     *
     * @throws IllegalArgumentException there is no such signal, it cannot be caught (SIGKILL, SIGSTOP), or the JVM
     *     needs it (SIGSEGV, SIGQUIT, SIGPIPE …)
     */
    public static void handle(int signal, IntConsumer handler) {
        check(signal);
        if (signal == Posix.SIGCHLD) {
            initializeJdkProcesses();
        }
        HANDLERS.put(signal, handler);
        start();
        OSException.check(Native.signal_watch(signal));
    }

    /** Ignores a signal, as programs that are started from here on do. */
    public static void ignore(int signal) {
        reset(signal);
        OSException.check(Native.ignore_signal(signal));
    }

    /** Gives a signal back what it did before {@link #handle}. */
    public static void reset(int signal) {
        check(signal);
        OSException.check(Native.signal_unwatch(signal));
        HANDLERS.remove(signal);
    }

    /** Sends a signal to a process: kill(2). */
    public static void send(int pid, int signal) {
        Posix.kill(pid, signal);
    }

    private static void check(int signal) {
        if (signal <= 0 || signal > LAST) {
            throw new IllegalArgumentException("there is no signal " + signal);
        }
        if (signal == Posix.SIGKILL || signal == Posix.SIGSTOP) {
            throw new IllegalArgumentException("signal " + signal + " cannot be caught");
        }
        if (TAKEN.contains(signal)) {
            throw new IllegalArgumentException("the JVM needs signal " + signal + " itself");
        }
    }

    /** The JDK sets SIGCHLD to its default before it starts its first child: better now than later. */
    private static void initializeJdkProcesses() {
        try {
            Class.forName("java.lang.ProcessImpl");
        } catch (ClassNotFoundException e) {
            throw new LinkageError("java.lang.ProcessImpl", e);
        }
    }

    /** Without a lock: a thread that had it when a child was live-forked would not give it back there. */
    private static void start() {
        if (!RUNNING.compareAndSet(false, true)) {
            return;
        }
        boolean started = false;
        try {
            Thread thread = new Thread(Signals::dispatch, "multiprocessing signals");
            thread.setDaemon(true);
            thread.start();
            started = true;
        } finally {
            if (!started) {
                RUNNING.set(false);
            }
        }
    }

    private static void dispatch() {
        while (true) {
            int signal = OSException.check(Native.signal_next());
            IntConsumer handler = HANDLERS.get(signal);
            try {
                if (handler != null) {
                    handler.accept(signal);
                }
            } catch (Throwable e) { // the next signal is to be handled all the same
                System.getLogger("org.multiprocessing4j")
                        .log(System.Logger.Level.ERROR, "the handler of signal " + signal + " failed", e);
            }
        }
    }

    /** The thread is gone, and the pipe that signals come through is the parent's. */
    private static void afterFork() {
        OSException.check(Native.signal_after_fork());
        RUNNING.set(false);
        if (!HANDLERS.isEmpty()) {
            start();
        }
    }
}
