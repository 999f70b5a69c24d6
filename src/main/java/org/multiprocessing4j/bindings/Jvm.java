package org.multiprocessing4j.bindings;

import java.nio.ByteBuffer;

/** The native functions that know the JVM, written by hand in {@code native/jvm}. */
public final class Jvm {

    /** Written by the one thread that a child begins with. */
    private static int generation;

    static {
        Loader.load();
    }

    private Jvm() {}

    /**
     * A direct buffer over memory that is not the buffer's: whoever asks keeps the memory mapped for as long as the
     * buffer, or a slice of it, can be reached.
     *
     * @param address where the memory begins
     * @param size its size in bytes, at most {@link Integer#MAX_VALUE}
     * @return a big-endian buffer, as all new ones are
     */
    public static native ByteBuffer view(long address, long size);

    /**
     * Calls a static method, whatever its access, and drops its result. Reflection does that too, but in a JVM that has
     * just started it takes longer than all the rest.
     *
     * @param arguments boxed; numbers are unboxed and widened as the descriptor wants them
     * @throws NoSuchMethodError if there is no such method
     * @throws Exception whatever the method throws
     */
    public static native void call_static(Class<?> owner, String name, String descriptor, Object[] arguments)
            throws Exception;

    /**
     * Makes SIGSEGV, SIGBUS, SIGFPE and SIGILL that another process (or kill()) sent end this one, as they end any
     * other program. HotSpot takes them for crashes of its own, writes a report and aborts.
     *
     * @return 0 or -errno
     */
    public static native int default_sent_faults();

    /**
     * Live fork: forks this JVM so that the child is a whole JVM. The calling thread goes on in both processes; no
     * other
     * thread of the application does so in the child.
     *
     * @param sibling the child becomes a child of this process's parent
     * @return 0 in the child, the child's pid in the parent, or -errno
     * @throws UnsupportedOperationException if this JVM cannot be forked, or not now; it says why, and nothing happened
     */
    public static int live_fork(boolean sibling) {
        int pid = fork(sibling);
        if (pid == 0) {
            generation++;
        }
        return pid;
    }

    private static native int fork(boolean sibling);

    /** How many live forks lie between the JVM that was started and this process: another number, another process. */
    public static int generation() {
        return generation;
    }

    /** Why this JVM can never be forked; null if it can. */
    public static native String fork_obstacle();
}
