package org.multiprocessing4j.bindings;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;

/** The native functions that know the JVM, written by hand in {@code native/jvm}. */
public final class Jvm {

    /** Written by the one thread that a child begins with. */
    private static int generation;

    static {
        Loader.load();
    }

    private Jvm() {}

    /** Thread.isVirtual(), which is newer than JDK 17. */
    private static final class IsVirtual {
        static final Method METHOD = find();

        private static Method find() {
            try {
                return Thread.class.getMethod("isVirtual");
            } catch (NoSuchMethodException e) {
                return null;
            }
        }
    }

    /** Whether a thread is a virtual one: those cannot fork. */
    public static boolean is_virtual(Thread thread) {
        try {
            return IsVirtual.METHOD != null && (boolean) IsVirtual.METHOD.invoke(thread);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new LinkageError("Thread.isVirtual", e);
        }
    }

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
     * Calls a static method, whatever its access. Reflection does that too, but in a JVM that has just started it takes
     * longer than all the rest.
     *
     * @param arguments boxed; numbers are unboxed and widened as the descriptor wants them
     * @return its result, boxed; null if it has none
     * @throws NoSuchMethodError if there is no such method
     * @throws Exception whatever the method throws
     */
    public static native Object call_static(Class<?> owner, String name, String descriptor, Object[] arguments)
            throws Exception;

    /**
     * Makes SIGSEGV, SIGBUS, SIGFPE and SIGILL that another process (or kill()) sent end this one, as they end any
     * other program. HotSpot takes them for crashes of its own, writes a report and aborts.
     *
     * @param really false: does nothing, but is linked where a process calls it that is going to be forked
     * @return 0 or -errno
     */
    public static native int default_sent_faults(boolean really);

    /**
     * Live fork: forks this JVM so that the child is a whole JVM. The calling thread goes on in both processes; no
     * other thread of the application does so in the child.
     *
     * <p>What only a child does belongs into {@code child}. Behind an {@code if} that compares the pid, in code that
     * the parent has compiled, it would be a branch that no call is linked in yet, and each child would do that anew.
     *
     * @param sibling the child becomes a child of this process's parent
     * @param pidAddress where the kernel writes the child's pid before the child can run; 0 for nowhere
     * @param held receives, at 0, the thread that stayed inside of System.out, class loading or the like, and where;
     *     what it holds is held for good in the child
     * @param child runs in the child, before this method returns there; throws nothing
     * @return 0 in the child, the child's pid in the parent, or -errno
     * @throws UnsupportedOperationException if this JVM cannot be forked, or not now; it says why, and nothing happened
     */
    public static native int live_fork(boolean sibling, long pidAddress, String[] held, Runnable child);

    /** For live_fork's child alone. @param forks how many there were: one, or none in a rehearsal */
    public static void count_generation(int forks) {
        generation += forks;
    }

    /** How many live forks lie between the JVM that was started and this process: another number, another process. */
    public static int generation() {
        return generation;
    }

    /**
     * For a JVM that makes many children and does little else, once it has settled: moves its memory so that each fork,
     * and each child's end, costs less. Nothing else runs meanwhile.
     *
     * @return how many bytes were moved; 0 if the kernel has no large folios (huge pages) to give
     * @throws UnsupportedOperationException if a thread did not stop in time
     */
    public static native long gather_memory();

    /**
     * The application's threads but the caller: those that do not continue in a child.
     *
     * @throws UnsupportedOperationException if this JVM cannot be forked
     */
    public static native Thread[] application_threads();

    /** Whether shutdown hooks, or files to delete, wait for this JVM's end. */
    public static native boolean has_exit_work();

    /**
     * Why a JVM cannot be forked; null if it can.
     *
     * @param any_collector not this JVM but another one of its kind, with a collector that can be forked and no agent
     */
    public static native String fork_obstacle(boolean any_collector);
}
