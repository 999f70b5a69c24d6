package org.multiprocessing4j.util;

/**
 * What a thread is turning into bytes for another process, or back into objects. User code that takes part in it may
 * begin another one: what is written or read then belongs to the innermost.
 */
public abstract class Coding {

    private static final ThreadLocal<Coding> INNERMOST = new ThreadLocal<>();

    private final boolean writing;

    /** @param writing whether objects become bytes */
    protected Coding(boolean writing) {
        this.writing = writing;
    }

    /** Something that is done meanwhile. */
    @FunctionalInterface
    public interface Work<T, E extends Exception> {
        /** Does it. */
        T run() throws E;
    }

    /** The innermost of this thread; null if there is none. */
    public static Coding innermost() {
        return INNERMOST.get();
    }

    /** Whether this thread is turning objects into bytes. */
    public static boolean isWriting() {
        Coding here = innermost();
        return here != null && here.writing;
    }

    /** Does something as a part of this one, which is the thread's innermost until then. */
    public final <T, E extends Exception> T during(Work<T, E> work) throws E {
        Coding outer = INNERMOST.get();
        INNERMOST.set(this);
        try {
            return work.run();
        } finally {
            INNERMOST.set(outer); // no remove(): the next one would have to allocate
        }
    }
}
