package org.multiprocessing4j.connection;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.util.Message;

/**
 * Keeps copies of descriptors for processes that receive messages with them, and hands them out over a socket, to who
 * has the process's {@code authkey}. Mirrors {@code multiprocessing.resource_sharer}. Socket and thread are there as
 * long as there is something to hand out. There is one in a process, for all threads.
 */
final class ResourceSharer {

    private static final System.Logger LOGGER = System.getLogger("org.multiprocessing4j");

    /** Nobody waits for longer than a listener would wait for a peer's key. */
    private static final int BACKLOG = 128;

    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(50);

    /** Another one in a live-forked child: what its parent keeps is for the parent to hand out. */
    private static volatile ResourceSharer instance = new ResourceSharer();

    static {
        Posix.registerAtFork(
                ResourceSharer::beforeFork, ResourceSharer::afterForkInParent, ResourceSharer::afterForkInChild);
    }

    /** Held during a live fork, too: the child finds nothing half done. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<Long, Integer> shared = new HashMap<>(); // under the lock
    private long last; // under the lock

    /** Null if nothing is kept. Under the lock. */
    private Server server;

    private ResourceSharer() {}

    /** Keeps a copy of a descriptor until somebody asks for it, unless the message is not sent. */
    static Passage.Shared share(Handle handle, Message message) {
        ResourceSharer here = instance;
        Passage.Shared kept = here.keep(handle);
        message.unlessSent(() -> here.forget(kept.number()));
        return kept;
    }

    private Passage.Shared keep(Handle handle) {
        lock.lock();
        try {
            int copy = handle.duplicate();
            try {
                if (server == null) {
                    server = new Server();
                    server.start();
                }
                shared.put(++last, copy);
            } catch (RuntimeException | Error e) {
                Posix.close(copy);
                throw e;
            }
            return new Passage.Shared(server.address, last);
        } finally {
            endIfIdle();
            lock.unlock();
        }
    }

    private void forget(long number) {
        lock.lock();
        try {
            Integer fd = shared.remove(number);
            if (fd != null) {
                Posix.close(fd);
            }
        } finally {
            endIfIdle();
            lock.unlock();
        }
    }

    /** Under the lock: a copy that is on its way is not to be in a child that is forked meanwhile. */
    private void handOut(Connection receiver, long number) {
        lock.lock();
        try {
            Integer fd = shared.remove(number);
            if (fd != null) {
                try {
                    Reduction.sendHandle(receiver, fd);
                } finally {
                    Posix.close(fd);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock. Whoever waits for a receiver waits no more. */
    private void endIfIdle() {
        if (server != null && shared.isEmpty()) {
            Server idle = server;
            server = null;
            idle.listener.close();
        }
    }

    /** Under the lock. */
    private void drop() {
        for (int fd : shared.values()) {
            Posix.close(fd);
        }
        shared.clear();
        endIfIdle();
    }

    /** Who hands out, as long as there is something. */
    private final class Server implements Runnable {
        // In the abstract namespace: nothing is left behind, however the process ends.
        private final String address =
                "\0multiprocessing4j-" + Posix.getpid() + "-" + Long.toHexString(System.nanoTime());
        private final Listener listener = Listener.builder().address(Address.of(address)).backlog(BACKLOG)
                .authkey(Multiprocessing.currentProcess().authkey()).open();

        void start() {
            Thread thread = new Thread(this, "multiprocessing resource sharer");
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void run() {
            try {
                do {
                    serve();
                } while (goesOn());
            } finally {
                end();
            }
        }

        private boolean goesOn() {
            lock.lock();
            try {
                endIfIdle();
                return server == this;
            } finally {
                lock.unlock();
            }
        }

        /** Whether its listener was closed under it, since nothing was left to hand out. */
        private boolean isOver() {
            lock.lock();
            try {
                return server != this;
            } finally {
                lock.unlock();
            }
        }

        /** If it is an error that ended it, nobody will hand out what is left. */
        private void end() {
            lock.lock();
            try {
                if (server == this) {
                    drop();
                }
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
                if (!isOver()) {
                    LOGGER.log(Level.WARNING, "a descriptor could not be handed out", e);
                    LockSupport.parkNanos(PAUSE); // it may be that there are no descriptors for now
                }
            }
        }
    }

    private static void beforeFork() {
        instance.lock.lock();
    }

    private static void afterForkInParent() {
        instance.lock.unlock();
    }

    /** Its thread is not here. */
    private static void afterForkInChild() {
        ResourceSharer parents = instance;
        instance = new ResourceSharer();
        parents.drop();
    }
}
