package org.multiprocessing4j;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.multiprocessing4j.bindings.Native;

/** The functions of Python's module {@code multiprocessing}. */
public final class Multiprocessing {

    private static volatile StartMethod startMethod;

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

    /** The processors that this process may use; at least 1. */
    public static int cpuCount() {
        return Native.cpu_count();
    }

    /**
     * The package's functions with a start method.
     *
     * @param method {@code "spawn"}
     * @throws IllegalArgumentException "cannot find context for 'zz'"
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
    public static synchronized void setStartMethod(String method, boolean force) {
        if (startMethod != null && !force) {
            throw new IllegalStateException("context has already been set");
        }
        startMethod = StartMethod.of(method);
    }

    /** The name of the default start method. Settles it, as in Python. */
    public static String getStartMethod() {
        return defaultStartMethod().pythonName();
    }

    /** The start methods that work here, the default first. */
    public static List<String> getAllStartMethods() {
        return Arrays.stream(StartMethod.values()).map(StartMethod::pythonName).toList();
    }

    /**
     * Sets the program that the start method {@code spawn} runs, in place of this JVM's own {@code java}. Mirrors
     * {@code
     * set_executable}.
     */
    public static void setExecutable(Path java) {
        PopenSpawn.setExecutable(java);
    }

    static synchronized StartMethod defaultStartMethod() {
        if (startMethod == null) {
            startMethod = StartMethod.SPAWN;
        }
        return startMethod;
    }
}
