package org.multiprocessing4j.util;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.multiprocessing4j.bindings.Jvm;

/**
 * The calls that are under way on something that is freed when it is closed, and nobody uses it any more. Who is in a
 * call when it is closed goes on with it; who comes later is refused.
 *
 * <p>A live-forked child has none of its parent's threads: what they use there is free here.
 *
 * @param <U> what belongs to one process
 */
public abstract class Uses<U extends Uses.Use> {

    /** Nobody may begin a call any more. */
    private static final int CLOSED = Integer.MIN_VALUE;

    /** It was freed. */
    private static final int DONE = 1 << 30;

    /** What belongs to one process: to be given back to {@link #leave}. */
    public static class Use {
        private final int generation = Jvm.generation();

        /** The calls that are under way, CLOSED and DONE. */
        private final AtomicInteger count = new AtomicInteger();

        /** No call is under way. */
        public Use() {}
    }

    private final AtomicReference<U> use;

    /** @param first this process's */
    protected Uses(U first) {
        this.use = new AtomicReference<>(first);
    }

    /** In a live-forked child: this process's. */
    protected abstract U newUse();

    /** Frees it; called once. */
    protected abstract void free();

    private U use() {
        U here = use.get();
        return ((Use) here).generation == Jvm.generation() ? here : afterFork(here);
    }

    /** In a live-forked child, at the first use of what it inherited. */
    private U afterFork(U parents) {
        int count = ((Use) parents).count.get();
        U here = newUse();
        ((Use) here).count.set(count < 0 ? CLOSED | DONE : 0);
        if (!use.compareAndSet(parents, here)) {
            return use.get();
        }
        if (count < 0 && (count & DONE) == 0) { // a thread was still in a call, in the parent
            free();
        }
        return here;
    }

    /** Whether nobody may begin a call any more. */
    public final boolean isClosed() {
        return ((Use) use()).count.get() < 0;
    }

    /**
     * Begins a call: nothing is freed until {@link #leave}.
     *
     * @return null if it is closed
     */
    public final U begin() {
        U here = use();
        if (((Use) here).count.incrementAndGet() < 0) {
            leave(here);
            return null;
        }
        return here;
    }

    /** Ends a call. */
    public final void leave(Use here) {
        if (here.count.decrementAndGet() == CLOSED && here.count.compareAndSet(CLOSED, CLOSED | DONE)) {
            free();
        }
    }

    /** Closes it, if no call is under way, and does not free it. @return false if there is one, or it was closed */
    protected final boolean closeUnfreed() {
        return ((Use) use()).count.compareAndSet(0, CLOSED | DONE);
    }

    /** Closes it: frees it as soon as nobody uses it; once. */
    public void close() {
        Use here = use();
        int before = here.count.getAndUpdate(count -> count < 0 ? count : (count + 1) | CLOSED);
        if (before >= 0) {
            leave(here);
        }
    }
}
