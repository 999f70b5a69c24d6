package org.multiprocessing4j;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.util.Handover;
import org.multiprocessing4j.util.LikelyCode;

/**
 * This process's fork server, and the children that it was asked for. Mirrors {@code forkserver.ForkServer}.
 *
 * <p>The server is a child of this process, and so are the children that it makes. A child is asked for by sending the
 * server one end of a socketpair: that becomes the child's standard input. On the other end the server says the child's
 * pid, or why there is none; then the child waits for its process. The kernel writes the pid into shared memory, too,
 * before the child can run: so none is overlooked, at whatever moment the server is killed.
 */
final class ForkServer {

    /** How many children at most wait for a process; see {@link Multiprocessing#setForkserverSpares}. */
    static final String SPARES_PROPERTY = "org.multiprocessing4j.spares";

    private static final long IDLE_SECONDS = 10;

    /** Starts that follow each other faster than this are worth more spare children. */
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final int ATTEMPTS = 5;

    /** How much is read at once. */
    private static final int AT_ONCE = 1 << 16;

    private static final int STDIN = 0;

    private static final int EPIPE = 32;

    private static final int ECONNRESET = 104;

    /** Of what is asked for, before the name of a class. */
    static final int REQUEST_SIZE = Integer.BYTES + Byte.BYTES + Short.BYTES;

    /** How many children can be asked for at a time: one and all spares. */
    private static final int CELLS = 1024;

    private static final int DEFAULT_SPARES = 16;

    private static volatile List<String> preload = List.of();

    private static volatile int spares = Math.min(CELLS - 1,
            Integer.getInteger(SPARES_PROPERTY, DEFAULT_SPARES));

    /** Another one after a live fork: the parent's server makes the parent's children. */
    private static volatile ForkServer instance = new ForkServer();

    static {
        Posix.registerAtFork(null, null, ForkServer::forgetParents);
    }

    /** There is no server that can be forked, and a next one would not be better. */
    static final class Unusable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unusable(String message) {
            super(message);
        }
    }

    /** Its end is told by the pidfd: a copy of the socket's other end may be open in a process that was forked. */
    private record Server(int pid, int sentinel, int control, Block pids) {
        boolean hasEnded() {
            return Posix.waitReadable(sentinel, Duration.ZERO);
        }

        /** Waits for its end; it is a zombie then. */
        void end() {
            Posix.kill(pid, Posix.SIGKILL);
            Posix.waitReadable(sentinel, null);
        }

        void close() {
            Posix.close(sentinel);
            Posix.close(control);
            pids.close();
        }
    }

    /** When a child is to be made. */
    enum Urgency {
        /** At once, and then all the others. */
        NOW,
        /** When nothing was asked for during a while: what was started last then has the processors for itself. */
        WHEN_QUIET;

        private static final Urgency[] ALL = values();

        static Urgency numbered(int ordinal) {
            return ALL[ordinal];
        }
    }

    /**
     * A child that was asked for.
     *
     * @param socket our end
     * @param cell where among the server's pids its own is
     */
    private record Request(int socket, int cell) {}

    private final int owner = Posix.getpid();
    private volatile Server server;

    /** The children that were asked for, oldest first. */
    private final Queue<Request> requested = new ConcurrentLinkedQueue<>();

    /** How many of the likely classes the server was told of. */
    private int told;

    /** How many children to have ready: grows when there are too few. */
    private int wanted = 1;

    /** Why there was no child, as the end of a sentence. */
    private String lastEnd = "";

    private long lastStart = System.nanoTime() - BURST_NANOS;
    private int nextCell;
    private boolean idleWatch;
    private boolean ending;

    private ForkServer() {}

    /** The one of this process. */
    static ForkServer instance() {
        return instance;
    }

    static void setPreload(List<String> classNames) {
        preload = List.copyOf(classNames);
    }

    static void setSpares(int limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("spares must not be negative: " + limit);
        }
        spares = Math.min(limit, CELLS - 1);
        instance.dropSurplus();
    }

    private synchronized void dropSurplus() {
        if (server != null) {
            dropSpares(server, spares);
        }
    }

    private static void forgetParents() {
        ForkServer parents = instance;
        instance = new ForkServer();
        Server parentsServer = parents.server;
        if (parentsServer != null) {
            parentsServer.close();
        }
        // No lambda, no iterator: each child would link or load it anew.
        for (Request request = parents.requested.poll(); request != null; request = parents.requested.poll()) {
            Posix.close(request.socket);
        }
    }

    /**
     * Starts a child.
     *
     * @param code what it runs: later children find its class loaded, though not initialized
     * @throws Unusable if this JVM cannot have a fork server
     * @throws OSException if no process could be made
     */
    synchronized Popen start(byte[] payload, Handover handover, Object code) {
        for (int asked = 0; asked < ATTEMPTS;) {
            ensureRunning();
            Request mine = null;
            Request request = readable(false);
            if (request == null) {
                asked++;
                if (System.nanoTime() - lastStart < BURST_NANOS) {
                    wanted = Math.min(wanted * 2, Math.max(spares, 1));
                }
                mine = request(Urgency.NOW);
                request = readable(true);
            }
            requested.remove(request);
            WaitingJvm child = request == mine ? hello(server, request) : spare(server, request);
            Popen popen = child == null ? null : child.giveIfAlive(payload, handover);
            if (popen != null) {
                lastStart = System.nanoTime();
                prepareForNext(code instanceof Call call ? call.function() : code);
                return popen;
            }
        }
        throw new Unusable("of the fork server's children none was alive when it was to get its process" + lastEnd);
    }

    /** A child that was asked for beforehand; null if it could not be made: that was then, and is no reason now. */
    private WaitingJvm spare(Server here, Request request) {
        try {
            return hello(here, request);
        } catch (OSException e) {
            logger().log(System.Logger.Level.DEBUG, "there was no spare child", e);
            return null;
        }
    }

    /**
     * The oldest of those of which something is said.
     *
     * @param block whether to wait for one; any one if the server is dead
     * @return null if there is none
     */
    private Request readable(boolean block) {
        Request[] all = requested.toArray(Request[]::new);
        int[] sockets = new int[all.length + 1];
        for (int i = 0; i < all.length; i++) {
            sockets[i] = all[i].socket;
        }
        sockets[all.length] = server.sentinel;
        byte[] ready = new byte[sockets.length];
        OSException.check(Native.wait_any_readable(sockets, ready, sockets.length, block ? -1 : 0));
        for (int i = 0; i < all.length; i++) {
            if (ready[i] != 0) {
                return all[i];
            }
        }
        return block ? all[0] : null;
    }

    /** Waits for what is said of a child; null if it has none, or the server is dead and with it its children. */
    private WaitingJvm hello(Server here, Request request) {
        int socket = request.socket;
        WaitingJvm child = null;
        try {
            byte[] said = isSaid(here, socket) ? readUpTo(socket, Integer.BYTES) : new byte[0];
            if (said.length < Integer.BYTES) {
                here.end(); // its descriptors were closed, but it may not have ended yet
                reap(here.pids.buffer().getInt(request.cell * Integer.BYTES));
                return null;
            }
            int pid = ByteBuffer.wrap(said).getInt();
            if (pid == ForkServerMain.REFUSED) {
                lastEnd = ": " + new String(readUpTo(socket, ForkServerMain.LONGEST_TEXT), StandardCharsets.UTF_8);
                return null;
            }
            if (pid < 0) {
                throw new OSException(-pid, "clone");
            }
            child = new WaitingJvm(pid, socket);
            return child;
        } finally {
            if (child == null) {
                Posix.close(socket);
            }
        }
    }

    /** A child of which the server could not tell: it ends with it. */
    private static void reap(int pid) {
        if (pid != 0) {
            Posix.kill(pid, Posix.SIGKILL);
            Posix.waitpid(pid);
        }
    }

    /** Waits until there is something to read; in vain if the server is dead, and said nothing. */
    private static boolean isSaid(Server here, int socket) {
        byte[] ready = new byte[2];
        OSException.check(Native.wait_any_readable(new int[] {socket, here.sentinel}, ready, 2, -1));
        return ready[0] != 0;
    }

    /** Fewer bytes only at the end. */
    static byte[] readUpTo(int socket, int size) {
        byte[] bytes = new byte[size];
        byte[] part = new byte[Math.min(size, AT_ONCE)];
        int filled = 0;
        while (filled < size) {
            int got = Native.read(socket, part, Math.min(size - filled, AT_ONCE));
            if (got == 0 || got == -ECONNRESET) { // the latter if the other side ended with something unread
                return Arrays.copyOf(bytes, filled);
            }
            System.arraycopy(part, 0, bytes, filled, OSException.check(got));
            filled += got;
        }
        return bytes;
    }

    /** So that the next start is quick. */
    private void prepareForNext(Object function) {
        try {
            LikelyCode.add(function);
            refill();
        } catch (RuntimeException e) {
            // No failure of the child that was asked for, and runs.
            logger().log(System.Logger.Level.DEBUG, "the next child finds nothing prepared", e);
        }
    }

    private void refill() {
        int target = ending ? 0 : Math.min(wanted, spares);
        Urgency urgency = requested.isEmpty() ? Urgency.NOW : Urgency.WHEN_QUIET;
        while (requested.size() < target) {
            request(urgency);
        }
        if (!requested.isEmpty() && !idleWatch) {
            dropWhenIdle();
        }
    }

    /** Asks the server for one more child; if the server is dead, the answer is the end of the file. */
    private Request request(Urgency urgency) {
        long ends = OSException.check(Native.socketpair());
        int ours = (int) ends;
        int theirs = (int) (ends >> 32);
        int cell = nextCell;
        nextCell = (cell + 1) % CELLS;
        server.pids.buffer().putInt(cell * Integer.BYTES, 0);
        int result = sendWith(server.control, theirs, requestMessage(cell, urgency));
        Posix.close(theirs);
        try {
            checkUnlessDead(result);
        } catch (OSException e) {
            Posix.close(ours);
            throw e;
        }
        Request request = new Request(ours, cell);
        requested.add(request);
        return request;
    }

    /** The cell, the urgency, and the length and the name of a class to load first, or of none. */
    private byte[] requestMessage(int cell, Urgency urgency) {
        String name = LikelyCode.get(told);
        if (name != null) {
            told++;
        }
        byte[] text = name == null ? new byte[0] : name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(REQUEST_SIZE + text.length).putInt(cell).put((byte) urgency.ordinal())
                .putShort((short) text.length).put(text).array();
    }

    /** Sees to it that there is a server. Mirrors {@code ensure_running}. */
    private void ensureRunning() {
        if (server != null && server.hasEnded()) {
            int pid = server.pid;
            lastEnd = "; the server ended with exit code " + stop().exitcode();
            logger().log(System.Logger.Level.WARNING, "the fork server (pid {0}) has ended{1}; another one is started",
                    String.valueOf(pid), lastEnd);
        }
        if (server == null) {
            server = launch();
        }
    }

    private static Server launch() {
        List<String> command = SpawnCommand.ofForkServer();
        command.addAll(preload);
        Block pids = Block.malloc(CELLS * Integer.BYTES);
        try {
            WaitingJvm jvm = WaitingJvm.start(command);
            try {
                send(jvm.socket(), pids);
                return new Server(jvm.pid(), Posix.pidfdOpen(jvm.pid()), jvm.socket(), pids);
            } catch (OSException e) {
                jvm.drop();
                throw e;
            }
        } catch (RuntimeException e) {
            pids.close();
            throw e;
        }
    }

    private static void send(int control, Block pids) {
        SharedHandle handle = pids.handle();
        byte[] place = ByteBuffer.allocate(2 * Long.BYTES).putLong(handle.offset()).putLong(handle.size()).array();
        checkUnlessDead(sendWith(control, handle.fd(), place));
    }

    private static int sendWith(int control, int fd, byte[] message) {
        int result = Native.send_fds(control, new int[] {fd}, 1);
        return result < 0 ? result : Native.write_all(control, message, message.length);
    }

    /** @throws OSException if something cannot be sent to a server that lives; that it is dead is seen later */
    private static void checkUnlessDead(int result) {
        if (result != -EPIPE && result != -ECONNRESET) {
            OSException.check(result);
        }
    }

    /** In the server: the memory for its children's pids; null if its parent has ended. */
    static Block receivePids() {
        int[] fd = new int[1];
        int count = Native.receive_fds(STDIN, fd, fd.length);
        if (count == -ECONNRESET || OSException.check(count) == 0) {
            return null;
        }
        try {
            byte[] place = readUpTo(STDIN, 2 * Long.BYTES);
            if (place.length < 2 * Long.BYTES) {
                return null; // killed while it sent
            }
            ByteBuffer fields = ByteBuffer.wrap(place);
            return Block.attach(fd[0], fields.getLong(), fields.getLong());
        } finally {
            Posix.close(fd[0]);
        }
    }

    /** Ends the server and the children that wait, and reaps them all. */
    private ExitStatus stop() {
        Server here = server;
        server = null;
        told = 0;
        here.end();
        dropSpares(here, 0);
        ExitStatus status = Posix.waitpid(here.pid);
        WaitingJvm.removeAttachSocket(here.pid);
        here.close();
        return status;
    }

    private void dropSpares(Server here, int kept) {
        while (requested.size() > kept) {
            WaitingJvm child = spare(here, requested.remove());
            try {
                if (child != null) {
                    child.drop();
                }
            } catch (OSException e) {
                logger().log(System.Logger.Level.DEBUG, "a spare child has ended by itself", e);
            }
        }
    }

    private void dropWhenIdle() {
        idleWatch = true;
        CompletableFuture.delayedExecutor(IDLE_SECONDS, TimeUnit.SECONDS).execute(this::dropIfIdle);
    }

    private synchronized void dropIfIdle() {
        if (owner != Posix.getpid()) {
            return; // they are the parent's
        }
        idleWatch = false;
        if (requested.isEmpty()) {
            return;
        }
        if (System.nanoTime() - lastStart < TimeUnit.SECONDS.toNanos(IDLE_SECONDS)) {
            dropWhenIdle();
        } else {
            dropSpares(server, 0);
            wanted = 1;
        }
    }

    /** At the end of this JVM. */
    synchronized void end() {
        ending = true;
        if (server != null) {
            stop();
        }
    }

    /** Asked for when there is something to say: it takes as long as a fork. */
    private static System.Logger logger() {
        return System.getLogger("org.multiprocessing4j");
    }
}
