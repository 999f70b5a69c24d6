package org.multiprocessing4j.util;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;

/**
 * A note of what a thread is using, for {@link MarkedUses}. Making it takes a plain store: no atomic operation, and no
 * fence. Instead, who looks at the notes of others has each processor make known first what it wrote; the kernel does
 * that. Source: membarrier(2).
 */
public final class Mark {

    private static final Queue<WeakReference<Mark>> ALL = new ConcurrentLinkedQueue<>();
    private static final AtomicInteger MADE = new AtomicInteger();

    /** How many marks are made between two looks for those that were forgotten. */
    private static final int BETWEEN_LOOKS = 64;

    /** Where the kernel knows no such thing, each store is made known by itself. */
    private static final boolean BY_ITSELF = Native.thread_barrier_exists() == 0;

    private static final VarHandle OF = handle();

    /** Who makes it. */
    private final Thread owner = Thread.currentThread();

    @SuppressWarnings("unused") // the VarHandle
    private long of;

    private int generation;

    /** A thread's, or a part of a thread's. */
    public Mark() {
        if (MADE.incrementAndGet() % BETWEEN_LOOKS == 0) {
            ALL.removeIf(mark -> mark.get() == null);
        }
        ALL.add(new WeakReference<>(this));
    }

    private static VarHandle handle() {
        try {
            return MethodHandles.lookup().findVarHandle(Mark.class, "of", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** @param what the number of what is used; 0: nothing. No reference: to store one takes more than a store. */
    void set(long what) {
        generation = Jvm.generation();
        OF.setRelease(this, what); // what was used is used no more when that is seen to be nothing
        if (BY_ITSELF) {
            VarHandle.fullFence();
        }
    }

    /**
     * The marks of something in this process; those that a live-forked child inherited are of no thread of it. Whoever
     * makes one after this call finds done what the caller did before.
     */
    static List<Mark> of(long what) {
        VarHandle.fullFence();
        List<Mark> marks = new ArrayList<>();
        boolean alone = true;
        for (WeakReference<Mark> reference : ALL) {
            Mark mark = reference.get();
            if (mark != null) {
                marks.add(mark);
                alone &= mark.owner == Thread.currentThread();
            }
        }
        // The caller's own need no barrier. The first one is slow: a program of one thread is to be spared it.
        if (!alone && !BY_ITSELF) {
            OSException.check(Native.thread_barrier());
        }
        marks.removeIf(mark -> (long) OF.getAcquire(mark) != what || mark.generation != Jvm.generation());
        return marks;
    }
}
