package org.multiprocessing4j.connection;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.posix.Posix;

/**
 * A descriptor that is closed when nobody uses it any more: its number may be somebody else's then. Who is in a call
 * when it is closed goes on with it; who comes later is refused.
 *
 * <p>A live-forked child has none of its parent's threads: what they have locked or use there is free here.
 */
final class Handle implements Runnable {

    /** Nobody may begin a call any more. */
    private static final int CLOSED = Integer.MIN_VALUE;

    /** The descriptor was closed. */
    private static final int DONE = 1 << 30;

    /** What belongs to one process. */
    static final class Use {
        private final int generation = Jvm.generation();

        /** The calls that are under way, CLOSED and DONE. */
        private final AtomicInteger count;

        /** Held while a message is sent. */
        final ReentrantLock sending = new ReentrantLock();

        /** Held while a message is received. */
        final ReentrantLock receiving = new ReentrantLock();

        private Use(int count) {
            this.count = new AtomicInteger(count);
        }
    }

    private final int fd;
    private final AtomicReference<Use> use = new AtomicReference<>(new Use(0));

    Handle(int fd) {
        this.fd = fd;
    }

    int fd() {
        return fd;
    }

    private Use use() {
        Use here = use.get();
        return here.generation == Jvm.generation() ? here : afterFork(here);
    }

    /** In a live-forked child, at the first use of what it inherited. */
    private Use afterFork(Use parents) {
        int count = parents.count.get();
        Use here = new Use(count < 0 ? CLOSED | DONE : 0);
        if (!use.compareAndSet(parents, here)) {
            return use.get();
        }
        if (count < 0 && (count & DONE) == 0) { // a thread was still in a call, in the parent
            Posix.close(fd);
        }
        return here;
    }

    boolean isClosed() {
        return use().count.get() < 0;
    }

    /**
     * Begins a call: the descriptor stays open until {@link #leave}.
     *
     * @throws IllegalStateException "handle is closed"
     */
    Use enter() {
        Use here = use();
        if (here.count.incrementAndGet() < 0) {
            leave(here);
            throw closed();
        }
        return here;
    }

    static IllegalStateException closed() {
        return new IllegalStateException("handle is closed");
    }

    void leave(Use here) {
        if (here.count.decrementAndGet() == CLOSED && here.count.compareAndSet(CLOSED, CLOSED | DONE)) {
            Posix.close(fd);
        }
    }

    /**
     * Gives the descriptor to the caller.
     *
     * @throws IllegalStateException "handle is closed", "handle is in use"
     */
    int detach() {
        if (!use().count.compareAndSet(0, CLOSED | DONE)) {
            throw isClosed() ? closed() : new IllegalStateException("handle is in use");
        }
        return fd;
    }

    /** Closes the descriptor, as soon as nobody uses it; once. */
    @Override
    public void run() {
        Use here = use();
        int before = here.count.getAndUpdate(count -> count < 0 ? count : (count + 1) | CLOSED);
        if (before >= 0) {
            leave(here);
        }
    }
}
