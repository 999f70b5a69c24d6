package org.multiprocessing4j;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * This process's fork server, and the children that it was asked for. Mirrors {@code forkserver.ForkServer}.
 *
 * <p>The server is a child of this process, and so are the children that it makes. A child is asked for by sending the
 * server one end of a socketpair: that becomes the child's standard input. On the other end the server says the child's
 * pid, or why there is none; then the child waits for its process. When the server is dead, the child says its pid as
 * its last words, so that none is overlooked: a socket on which nothing was said has no child.
 */
final class ForkServer {

    /** How many children at most wait for a process; see {@link Multiprocessing#setForkserverSpares}. */
    static final String SPARES_PROPERTY = "org.multiprocessing4j.spares";

    private static final long IDLE_SECONDS = 10;

    private static final int ATTEMPTS = 5;

    private static final int EPIPE = 32;

    private static final int ECONNRESET = 104;

    private static volatile List<String> preload = List.of();

    private static volatile int spares =
            Integer.getInteger(SPARES_PROPERTY, Math.max(2, Math.min(8, Native.cpu_count())));

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
    private record Server(int pid, int sentinel, int control) {
        boolean hasEnded() {
            return Posix.waitReadable(sentinel, Duration.ZERO);
        }

        void close() {
            Posix.close(sentinel);
            Posix.close(control);
        }
    }

    /** How long the children of a dead server may take to say their last words. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final int owner = Posix.getpid();
    private volatile Server server;

    /** Our ends of the sockets of the children that were asked for, oldest first. */
    private final Queue<Integer> requested = new ConcurrentLinkedQueue<>();

    /** The classes of functions that were children's targets. */
    private final Set<String> known = new HashSet<>();

    /** The classes of their code that the server was not told of. */
    private final Queue<String> classesToLoad = new ArrayDeque<>();

    /** How many children to have ready: grows when there are too few. */
    private int wanted = 1;

    /** Why there was no child, as the end of a sentence. */
    private String lastEnd = "";

    private long lastStart;
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
        spares = limit;
    }

    private static void forgetParents() {
        ForkServer parents = instance;
        instance = new ForkServer();
        Server parentsServer = parents.server;
        if (parentsServer != null) {
            parentsServer.close();
        }
        parents.requested.forEach(Posix::close);
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
            boolean spare = !requested.isEmpty();
            if (!spare) {
                asked++;
                request();
            }
            WaitingJvm child = spare ? spare() : hello(requested.remove());
            Popen popen = child == null ? null : child.giveIfAlive(payload, handover);
            if (popen != null) {
                lastStart = System.nanoTime();
                learn(code);
                refill();
                return popen;
            }
        }
        throw new Unusable("of the fork server's children none was alive when it was to get its process" + lastEnd);
    }

    /** The next of those that were asked for beforehand; null if it is dead, or was never made. */
    private WaitingJvm spare() {
        if (!Posix.waitReadable(requested.peek(), Duration.ZERO)) {
            wanted = Math.min(wanted * 2, Math.max(spares, 1));
        }
        try {
            return hello(requested.remove());
        } catch (OSException e) {
            logger().log(System.Logger.Level.DEBUG, "there was no spare child", e);
            return null;
        }
    }

    /** Waits for what is said of a child; null if nothing is. */
    private WaitingJvm hello(int socket) {
        WaitingJvm child = null;
        try {
            byte[] said = isSaid(socket) ? readUpTo(socket, Integer.BYTES) : new byte[0];
            int pid = said.length < Integer.BYTES ? 0 : ByteBuffer.wrap(said).getInt();
            if (pid == ForkServerMain.REFUSED) {
                lastEnd = ": " + new String(readUpTo(socket, ForkServerMain.LONGEST_TEXT), StandardCharsets.UTF_8);
                return null;
            }
            if (pid < 0) {
                throw new OSException(-pid, "clone");
            }
            child = pid == 0 ? null : new WaitingJvm(pid, socket);
            return child;
        } finally {
            if (child == null) {
                Posix.close(socket);
            }
        }
    }

    /** Waits until there is something to read; in vain if the server is dead, and made no child. */
    private boolean isSaid(int socket) {
        Server here = server;
        if (here != null) {
            byte[] ready = new byte[2];
            OSException.check(Native.wait_any_readable(new int[] {socket, here.sentinel}, ready, 2, -1));
            if (ready[0] != 0) {
                return true;
            }
        }
        return Posix.waitReadable(socket, LAST_WORDS);
    }

    /** Fewer bytes only at the end. */
    private static byte[] readUpTo(int socket, int size) {
        byte[] bytes = new byte[size];
        int filled = 0;
        while (filled < size) {
            byte[] part = new byte[size - filled];
            int got = Native.read(socket, part, part.length);
            if (got == 0 || got == -ECONNRESET) { // the latter if the server ended with the request unread
                break;
            }
            System.arraycopy(part, 0, bytes, filled, OSException.check(got));
            filled += got;
        }
        return Arrays.copyOf(bytes, filled);
    }

    private void learn(Object code) {
        Object function = code instanceof Call call ? call.function() : code;
        if (known.add(function.getClass().getName())) {
            classesToLoad.add(StaticCall.codeOf(function));
        }
    }

    private void refill() {
        int target = ending ? 0 : Math.min(wanted, spares);
        try {
            while (requested.size() < target) {
                request();
            }
        } catch (OSException e) {
            // No failure of the child that was asked for, and runs.
            logger().log(System.Logger.Level.DEBUG, "no spare child", e);
        }
        if (!requested.isEmpty() && !idleWatch) {
            dropWhenIdle();
        }
    }

    /** Asks the server for one more child; if the server is dead, the answer is the end of the file. */
    private void request() {
        long ends = OSException.check(Native.socketpair());
        int ours = (int) ends;
        int theirs = (int) (ends >> 32);
        int result = Native.send_fds(server.control, new int[] {theirs}, 1);
        if (result >= 0) {
            byte[] name = classNameMessage();
            result = Native.write_all(server.control, name, name.length);
        }
        Posix.close(theirs);
        if (result < 0 && result != -EPIPE && result != -ECONNRESET) {
            Posix.close(ours);
            OSException.check(result);
        }
        requested.add(ours);
    }

    /** The name of a class to load first, or an empty one, as {@code DataOutput.writeUTF} writes it. */
    private byte[] classNameMessage() {
        String name = classesToLoad.isEmpty() ? "" : classesToLoad.remove();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeUTF(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
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
        WaitingJvm jvm = WaitingJvm.start(command);
        try {
            return new Server(jvm.pid(), Posix.pidfdOpen(jvm.pid()), jvm.socket());
        } catch (OSException e) {
            jvm.drop();
            throw e;
        }
    }

    /** Ends the server and the children that wait, and reaps them all. */
    private ExitStatus stop() {
        Server here = server;
        server = null;
        known.clear();
        Posix.kill(here.pid, Posix.SIGKILL);
        ExitStatus status = Posix.waitpid(here.pid);
        here.close();
        dropSpares();
        return status;
    }

    private void dropSpares() {
        while (!requested.isEmpty()) {
            try {
                WaitingJvm child = hello(requested.remove());
                if (child != null) {
                    child.drop();
                }
            } catch (OSException e) {
                logger().log(System.Logger.Level.DEBUG, "there was no spare child", e);
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
            dropSpares();
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
