package org.multiprocessing4j.connection;

import java.io.Closeable;
import java.io.ObjectStreamException;
import java.io.Serial;
import java.io.Serializable;
import java.lang.ref.Cleaner;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Cleaners;

/**
 * A copy of a descriptor that can go to another process: as an argument of a process that is started, in an object sent
 * over a {@link Connection}, and in a message of a queue. Mirrors {@code multiprocessing.reduction.DupFd}.
 *
 * <p>Each process that it travels to has a copy of its own, close-on-exec, and takes it with {@link #detach()}. Until
 * then it is closed by {@link #close()}, or by the garbage collector, some time.
 *
 * <p>Over a {@code Pipe(true)} and a connection of AF_UNIX it goes beside the message. In a queue, and over any other
 * connection, it stays with the process that sent it until the receiver asks for it: that process has to live until
 * then, such a message can be received once (a queue's {@code peek} counts), and only by a process of the same program,
 * which has its {@code authkey}.
 */
public final class DupFd implements Serializable, Closeable {

    @Serial
    private static final long serialVersionUID = 1L;

    private final transient Handle handle;
    private final transient Cleaner.Cleanable cleanable;

    /**
     * Copies a descriptor, which stays the caller's.
     *
     * @throws OSException EBADF, EMFILE
     */
    public DupFd(int fd) {
        this(new Handle(OSException.check(Native.duplicate(fd))));
    }

    private DupFd(Handle handle) {
        this.handle = handle;
        this.cleanable = Cleaners.shared().register(this, handle);
    }

    /**
     * The descriptor. It is still this object's.
     *
     * @throws IllegalStateException "handle is closed": it was closed or detached
     */
    public int fileno() {
        if (handle.isClosed()) {
            throw Handle.closed();
        }
        return handle.fd();
    }

    /**
     * A copy of the descriptor, close-on-exec, which is the caller's to close. Never of another one, even if another
     * thread calls {@link #close()} meanwhile.
     *
     * @throws IllegalStateException "handle is closed": it was closed or detached
     * @throws OSException EMFILE
     */
    public int duplicate() {
        return handle.duplicate();
    }

    /**
     * The descriptor, which is the caller's from now on.
     *
     * @throws IllegalStateException "handle is closed": it was closed or detached; "handle is in use": it is just being
     *     sent
     */
    public int detach() {
        int fd = handle.detach();
        cleanable.clean();
        return fd;
    }

    /** Closes the copy, unless it was detached. Twice is harmless. */
    @Override
    public void close() {
        cleanable.clean();
    }

    @Serial
    private Object writeReplace() {
        return new OnItsWay(Passage.of(handle, "descriptors"));
    }

    private record OnItsWay(Passage passage) implements Serializable {
        private Object readResolve() throws ObjectStreamException {
            return new DupFd(new Handle(passage.take()));
        }
    }

    @Override
    public String toString() {
        return "<DupFd, handle " + (handle.isClosed() ? "closed" : String.valueOf(handle.fd())) + ">";
    }
}
