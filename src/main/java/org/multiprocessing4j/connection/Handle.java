package org.multiprocessing4j.connection;

import java.util.concurrent.locks.ReentrantLock;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.util.NativeMemory;
import org.multiprocessing4j.util.Uses;

/** A descriptor that is closed when nobody uses it any more: its number may be somebody else's then. */
final class Handle extends Uses<Handle.Use> implements Runnable {

    /** Messages up to that size pass through native memory: the JVM takes longer to hand out its arrays. */
    static final int SMALL = 2 * 1024;

    /** What belongs to one process. */
    static final class Use extends Uses.Use {
        /** Held while a message is sent. */
        final ReentrantLock sending = new ReentrantLock();

        /** Held while a message is received. */
        final ReentrantLock receiving = new ReentrantLock();

        private NativeMemory outgoing;
        private NativeMemory incoming;

        /** Room for a small message that is sent. */
        NativeMemory outgoing() {
            if (outgoing == null) {
                outgoing = new NativeMemory(SMALL);
            }
            return outgoing;
        }

        /** Room for a small message that is received. */
        NativeMemory incoming() {
            if (incoming == null) {
                incoming = new NativeMemory(SMALL);
            }
            return incoming;
        }
    }

    private final int fd;

    Handle(int fd) {
        super(new Use());
        this.fd = fd;
    }

    int fd() {
        return fd;
    }

    @Override
    protected Use newUse() {
        return new Use();
    }

    @Override
    protected void free() {
        Posix.close(fd);
    }

    /**
     * Begins a call: the descriptor stays open until {@link #leave}.
     *
     * @throws IllegalStateException "handle is closed"
     */
    Use enter() {
        Use here = begin();
        if (here == null) {
            throw closed();
        }
        return here;
    }

    /**
     * A copy of the descriptor, close-on-exec, which is the caller's.
     *
     * @throws IllegalStateException "handle is closed"
     * @throws OSException EMFILE
     */
    int duplicate() {
        Use here = enter();
        try {
            return OSException.check(Native.duplicate(fd));
        } finally {
            leave(here);
        }
    }

    static IllegalStateException closed() {
        return new IllegalStateException("handle is closed");
    }

    /**
     * Gives the descriptor to the caller.
     *
     * @throws IllegalStateException "handle is closed", "handle is in use"
     */
    int detach() {
        if (!closeUnfreed()) {
            throw isClosed() ? closed() : new IllegalStateException("handle is in use");
        }
        return fd;
    }

    /** Closes the descriptor, as soon as nobody uses it; once. */
    @Override
    public void run() {
        close();
    }
}
