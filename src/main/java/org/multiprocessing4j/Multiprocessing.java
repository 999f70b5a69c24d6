package org.multiprocessing4j;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.connection.Pipe;
import org.multiprocessing4j.posix.Posix;

/** The functions of Python's module {@code multiprocessing}. */
public final class Multiprocessing {

    /** The default start method of programs that set none; for those who cannot change the program. */
    static final String START_METHOD_PROPERTY = "org.multiprocessing4j.startmethod";

    private static final AtomicReference<StartMethod> START_METHOD = new AtomicReference<>();

    private Multiprocessing() {}

    /** The process that the caller runs in; in a program's first process it is named {@code MainProcess}. */
    public static Process currentProcess() {
        return ProcessTable.current();
    }

    /**
     * The process that started this one; null in a program's first process. It can be asked for its name, its pid,
     * whether it is alive, and be joined.
     */
    public static Process parentProcess() {
        return ProcessTable.parent();
    }

    /** The children of this process that run. Reaps those that ended. */
    public static List<Process> activeChildren() {
        return ProcessTable.activeChildren();
    }

    /**
     * Two connected ends for messages, which both send and receive. Mirrors {@code multiprocessing.Pipe()}.
     *
     * @throws org.multiprocessing4j.posix.OSException EMFILE, ENFILE
     */
    public static Pipe pipe() {
        return Pipe.open(true);
    }

    /**
     * Two connected ends for messages. Mirrors {@code multiprocessing.Pipe(duplex)}.
     *
     * @param duplex false: the first end receives what the second sends
     * @throws org.multiprocessing4j.posix.OSException EMFILE, ENFILE
     */
    public static Pipe pipe(boolean duplex) {
        return Pipe.open(duplex);
    }

    /** The processors that this process may use; at least 1. */
    public static int cpuCount() {
        return Native.cpu_count();
    }

    /**
     * The package's functions with a start method.
     *
     * @param method {@code "forkserver"}, {@code "fork"} or {@code "spawn"}
     * @throws IllegalArgumentException "cannot find context for 'zz'", also for a method that does not work here; then
     *     it says why
     */
    public static Context getContext(String method) {
        return new Context(StartMethod.of(method));
    }

    /** The package's functions with the default start method. Settles it, as in Python. */
    public static Context getContext() {
        return new Context(defaultStartMethod());
    }

    /**
     * Sets the default start method, once in a program.
     *
     * @throws IllegalStateException "context has already been set"
     * @throws IllegalArgumentException "cannot find context for 'zz'"
     */
    public static void setStartMethod(String method) {
        setStartMethod(method, false);
    }

    /**
     * Sets the default start method.
     *
     * @param force even if it was set or used before
     */
    public static void setStartMethod(String method, boolean force) {
        StartMethod chosen = StartMethod.of(method);
        if (force) {
            START_METHOD.set(chosen);
        } else if (!START_METHOD.compareAndSet(null, chosen)) {
            throw new IllegalStateException("context has already been set");
        }
    }

    /** The name of the default start method. Settles it, as in Python. */
    public static String getStartMethod() {
        return defaultStartMethod().pythonName();
    }

    /** The start methods that work here, the default first. */
    public static List<String> getAllStartMethods() {
        return Arrays.stream(StartMethod.values())
                .filter(method -> method.obstacle() == null)
                .map(StartMethod::pythonName)
                .toList();
    }

    /**
     * Sets the program that the start methods {@code spawn} and {@code forkserver} run, in place of this JVM's own
     * {@code java}. Mirrors {@code set_executable}. A fork server that runs already goes on.
     */
    public static void setExecutable(Path java) {
        SpawnCommand.setExecutable(java);
    }

    /**
     * Names classes that the fork server loads and initializes before it makes children, which then have them. Mirrors
     * {@code set_forkserver_preload}: without effect on a server that runs already; what cannot be loaded is skipped,
     * with a warning. A class that starts threads when it is initialized should not be among them.
     *
     * @param classNames as {@link Class#getName()} gives them
     */
    public static void setForkserverPreload(List<String> classNames) {
        ForkServer.setPreload(classNames);
    }

    /**
     * Limits how many children the fork server keeps ready, so that {@link Process#start()} costs a message. It begins
     * with one, keeps more when children are started faster than they can be made, and none after ten seconds without a
     * start; new ones are made when nothing was started for a moment, or none is left. They are children of this
     * process that wait; {@link #activeChildren()} does not show them. Each has some 3 MB of its own. Those that are
     * too many are ended.
     *
     * @param limit 0 for none; 16 by default. The system property {@code org.multiprocessing4j.spares} sets it too
     * @throws IllegalArgumentException if it is negative
     */
    public static void setForkserverSpares(int limit) {
        ForkServer.setSpares(limit);
    }

    /**
     * Registers what to do around each live fork of this process: with the start method {@code fork}, and with {@code
     * Posix.fork}. Mirrors {@code os.register_at_fork}.
     *
     * @see org.multiprocessing4j.posix.Posix#registerAtFork
     */
    public static void registerAtFork(Runnable before, Runnable afterInParent, Runnable afterInChild) {
        Posix.registerAtFork(before, afterInParent, afterInChild);
    }

    /**
     * Threads that wait for each other's locks in a circle, in this process and in those that share locks with it, or
     * with one that does. Only who has been waiting for some 50 ms is seen. Blocks nobody, but may take a second or two
     * where there are any: other JVMs are asked for their stacks. Python has nothing like it.
     *
     * @return empty if there is no deadlock
     */
    public static List<Deadlock> deadlocks() {
        return DeadlockWatch.find();
    }

    static StartMethod defaultStartMethod() {
        StartMethod method = START_METHOD.get();
        if (method == null) {
            START_METHOD.compareAndSet(null, choose());
            method = START_METHOD.get();
        }
        return method;
    }

    private static StartMethod choose() {
        String asked = System.getProperty(START_METHOD_PROPERTY);
        if (asked != null) {
            return StartMethod.of(asked);
        }
        String obstacle = StartMethod.FORKSERVER.obstacle();
        if (obstacle != null) {
            sayFallBack(obstacle);
            return StartMethod.SPAWN;
        }
        return StartMethod.FORKSERVER;
    }

    /** In a child: its parent's. */
    static void inheritStartMethod(StartMethod method) {
        START_METHOD.set(method);
    }

    /** There is no fork server here, as was found when one was needed: what would use it is spawned from now on. */
    static void fallBack(String obstacle) {
        if (StartMethod.FORKSERVER.giveUp(obstacle)) {
            sayFallBack(obstacle);
        }
        START_METHOD.compareAndSet(StartMethod.FORKSERVER, StartMethod.SPAWN);
    }

    private static void sayFallBack(String obstacle) {
        System.getLogger("org.multiprocessing4j").log(System.Logger.Level.WARNING,
                "children are started with spawn, since forkserver does not work here: {0}", obstacle);
    }
}
