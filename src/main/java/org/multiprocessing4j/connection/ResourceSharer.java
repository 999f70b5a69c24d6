package org.multiprocessing4j.connection;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * Keeps copies of descriptors for processes that receive messages with them, and hands them out over a socket, to who
 * has the process's {@code authkey}. Mirrors {@code multiprocessing.resource_sharer}. Socket and thread are there as
 * long as there is something to hand out.
 */
final class ResourceSharer implements Runnable {

    private static final System.Logger LOGGER = System.getLogger("org.multiprocessing4j");

    /** Nobody waits for longer than a listener would wait for a peer's key. */
    private static final int BACKLOG = 128;

    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(50);

    /** Null, or one that may have ended. */
    private static final AtomicReference<ResourceSharer> CURRENT = new AtomicReference<>();

    static {
        Posix.registerAtFork(null, null, ResourceSharer::afterFork);
    }

    private final int generation = Jvm.generation();
    private final String address;
    private final Listener listener;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, Integer> shared = new HashMap<>(); // under the lock
    private boolean over; // under the lock
    private long last; // under the lock

    private ResourceSharer() {
        // In the abstract namespace: nothing is left behind, however the process ends.
        this.address = "\0multiprocessing4j-" + Posix.getpid() + "-" + Long.toHexString(System.nanoTime());
        this.listener = Listener.builder().address(Address.of(address)).backlog(BACKLOG)
                .authkey(Multiprocessing.currentProcess().authkey()).open();
    }

    /** Keeps a copy of a descriptor until somebody asks for it. */
    static Passage.Shared share(Handle handle) {
        Handle.Use use = handle.enter();
        try {
            int copy = OSException.check(Native.duplicate(handle.fd()));
            try {
                return keep(copy);
            } catch (RuntimeException e) {
                Posix.close(copy);
                throw e;
            }
        } finally {
            handle.leave(use);
        }
    }

    private static Passage.Shared keep(int fd) {
        ResourceSharer here = CURRENT.get();
        Passage.Shared kept = here == null || here.generation != Jvm.generation() ? null : here.add(fd);
        if (kept == null) {
            // Another thread may do the same: then there are two, and both end.
            here = new ResourceSharer();
            kept = here.add(fd);
            CURRENT.set(here);
            Thread thread = new Thread(here, "multiprocessing resource sharer");
            thread.setDaemon(true);
            thread.start();
        }
        return kept;
    }

    /** @return null if this one has ended */
    private Passage.Shared add(int fd) {
        lock.lock();
        try {
            if (over) {
                return null;
            }
            shared.put(++last, fd);
            return new Passage.Shared(address, last);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void run() {
        try (listener) {
            do {
                serve();
            } while (!isOver());
        }
    }

    private boolean isOver() {
        lock.lock();
        try {
            over = shared.isEmpty();
            return over;
        } finally {
            lock.unlock();
        }
    }

    /** Deals with who comes next. */
    private void serve() {
        try (Connection receiver = listener.accept()) {
            if (receiver.poll(Peers.HANDSHAKE)) {
                handOut(receiver, ByteBuffer.wrap(receiver.recvBytes(Long.BYTES)).getLong());
            }
        } catch (AuthenticationException e) {
            LOGGER.log(Level.DEBUG, "somebody without the key asked for a descriptor", e);
        } catch (IOException | RuntimeException | InterruptedException e) {
            LOGGER.log(Level.WARNING, "a descriptor could not be handed out", e);
            LockSupport.parkNanos(PAUSE); // it may be that there are no descriptors for now
        }
    }

    private void handOut(Connection receiver, long number) {
        Integer fd;
        lock.lock();
        try {
            fd = shared.remove(number);
        } finally {
            lock.unlock();
        }
        if (fd != null) {
            try {
                Reduction.sendHandle(receiver, fd);
            } finally {
                Posix.close(fd);
            }
        }
    }

    /** In a live-forked child: what its parent keeps is for the parent to hand out. */
    private static void afterFork() {
        ResourceSharer parents = CURRENT.getAndSet(null);
        if (parents != null) {
            parents.listener.close();
            parents.shared.values().forEach(Posix::close);
            parents.shared.clear();
        }
    }
}
