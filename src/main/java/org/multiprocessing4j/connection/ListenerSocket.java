package org.multiprocessing4j.connection;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;

/** The native listener of a {@link Listener}: one thread at a time is in it, and it is released when none is. */
final class ListenerSocket implements Runnable {

    /** Those that are open: at the end their files are removed. */
    private static final Set<ListenerSocket> OPEN = ConcurrentHashMap.newKeySet();

    /** The process whose end that is; a live-forked child has no shutdown hooks of its parent. */
    private static final AtomicInteger HOOKED = new AtomicInteger(-1);

    private final long handle;
    private volatile boolean closed;
    private boolean released;
    private volatile Use use = new Use();

    /** What belongs to one process: held by the thread that is in the listener. */
    final class Use {
        private final int generation = Jvm.generation();
        private final ReentrantLock lock = new ReentrantLock();

        long handle() {
            return handle;
        }
    }

    ListenerSocket(long handle) {
        this.handle = handle;
        OPEN.add(this);
        registerExit();
    }

    /** Without a lock: a thread that had it when a child was live-forked would not give it back there. */
    private static void registerExit() {
        int before = HOOKED.get();
        if (before == Jvm.generation() || !HOOKED.compareAndSet(before, Jvm.generation())) {
            return;
        }
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(
                    () -> OPEN.forEach(ListenerSocket::removeFile), "multiprocessing listeners"));
        } catch (IllegalStateException e) {
            HOOKED.set(-1); // this JVM ends: who listens now has to close
        }
    }

    private Use use() {
        Use here = use;
        if (here.generation != Jvm.generation()) {
            Native.listener_after_fork(handle); // a child begins with one thread
            here = new Use();
            use = here;
        }
        return here;
    }

    static IllegalStateException closed() {
        return new IllegalStateException("listener is closed");
    }

    void check() {
        if (closed) {
            throw closed();
        }
    }

    /** Waits until no other thread is in the listener. */
    Use enter() {
        check();
        Use here = use();
        here.lock.lock();
        return checked(here);
    }

    /** As {@link #enter()}; null if it took too long. */
    Use enter(long nanos) throws InterruptedException {
        check();
        Use here = use();
        return here.lock.tryLock(nanos, TimeUnit.NANOSECONDS) ? checked(here) : null;
    }

    private Use checked(Use here) {
        if (closed) {
            here.lock.unlock();
            throw closed();
        }
        return here;
    }

    void leave(Use here) {
        here.lock.unlock();
    }

    /** Closes and releases; once. */
    @Override
    public void run() {
        Use here = use();
        closed = true;
        Native.listener_close(handle); // the thread that is in it leaves
        here.lock.lock();
        try {
            release();
        } finally {
            here.lock.unlock();
        }
    }

    private synchronized void release() {
        OPEN.remove(this);
        released = true;
        Native.listener_release(handle);
    }

    private synchronized void removeFile() {
        if (!released) {
            Native.listener_remove_file(handle);
        }
    }
}
