package org.multiprocessing4j;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * The program of the fork server. Mirrors {@code forkserver.main}.
 *
 * <p>Its standard input is a socket over which it gets, for each child that it shall make, the child's standard input.
 * It ends when the socket does, or its parent.
 */
final class ForkServerMain {

    /** Said in place of a pid: this JVM cannot be forked. The reason follows. */
    static final int REFUSED = Integer.MIN_VALUE;

    static final int LONGEST_TEXT = 4096;

    private static final int STDIN = 0;

    private static final int ECONNRESET = 104;

    /** How long nothing must be asked for before spare children are made that nobody waits for. */
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(15);

    /** After which a child that waits has the time to rehearse: where one follows the other it has not. */
    private static final int UNHURRIED_MILLIS = 10;

    private final Block pids;
    private final int self = Posix.pidfdOpen(Posix.getpid());
    private final Rehearsal rehearsal = new Rehearsal();
    private final Queue<Request> waiting = new ArrayDeque<>();
    private long quietFrom;

    private ForkServerMain(Block pids) {
        this.pids = pids;
    }

    /** Makes children until its parent needs no more. @param preload the classes to have loaded in them */
    public static void main(String[] preload) throws Exception {
        // Ctrl-C is for the application: it decides whether it goes on.
        OSException.check(Native.ignore_signal(Posix.SIGINT));
        OSException.check(Jvm.default_sent_faults(true));
        Block pids = ForkServer.receivePids();
        if (pids != null) {
            Rehearsal.first(); // before there is any code of the application's, which may have hooks for its children
            for (String name : preload) {
                preload(name);
            }
            new ForkServerMain(pids).serve();
        }
        Posix._exit(0);
    }

    /** Until the parent needs no more. */
    private void serve() throws Exception {
        Request request;
        while ((request = nextRequest()) != null) {
            if (request.urgency == ForkServer.Urgency.NOW) {
                makeChild(request);
                quietFrom = System.nanoTime();
            } else {
                waiting.add(request);
                quietFrom = System.nanoTime() + QUIET_NANOS;
            }
        }
    }

    /** As in Python, what cannot be loaded is left to the child that needs it. */
    private static void preload(String name) {
        try {
            Class.forName(name, true, ClassLoader.getSystemClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            System.getLogger("org.multiprocessing4j")
                    .log(System.Logger.Level.WARNING, "the fork server cannot preload " + name, e);
        }
    }

    /**
     * A child to be made.
     *
     * @param socket its standard input
     * @param cell where among the pids its own is to be written
     */
    private record Request(int socket, int cell, ForkServer.Urgency urgency) {}

    /**
     * Waits for one; makes those that wait, and rehearses, meanwhile.
     *
     * @return null when there is nothing more to do
     */
    private Request nextRequest() throws Exception {
        int readable;
        while ((readable = firstReadable(millisToWork(), STDIN, WaitingJvm.PARENT)) < 0) {
            if (!waiting.isEmpty() && System.nanoTime() - quietFrom >= 0) {
                makeChild(waiting.remove());
            } else if (rehearsal.millisToStep() == 0) {
                rehearsal.step();
            }
        }
        if (readable != 0) {
            return null;
        }
        int[] room = new int[1];
        int count = Native.receive_fds(STDIN, room, room.length);
        if (count == -ECONNRESET || OSException.check(count) == 0) {
            return null;
        }
        byte[] message = ForkServer.readUpTo(STDIN, ForkServer.REQUEST_SIZE);
        if (message.length < ForkServer.REQUEST_SIZE) {
            return null; // the parent was killed while it asked
        }
        ByteBuffer fields = ByteBuffer.wrap(message);
        Request request = new Request(room[0], fields.getInt(), ForkServer.Urgency.numbered(fields.get()));
        load(new String(ForkServer.readUpTo(STDIN, Short.toUnsignedInt(fields.getShort())), StandardCharsets.UTF_8));
        return request;
    }

    /** How long until there is something to do that nobody asks for now; -1 for nothing. */
    private long millisToWork() {
        long toStep = rehearsal.millisToStep();
        if (waiting.isEmpty() || toStep == 0) {
            return toStep;
        }
        return Math.max(0, TimeUnit.NANOSECONDS.toMillis(quietFrom - System.nanoTime() + 999_999));
    }

    /** Loads and links a class that children are likely to run; initializing it is left to them. */
    private static void load(String name) {
        try {
            if (!name.isEmpty()) {
                Class.forName(name, false, ClassLoader.getSystemClassLoader()).getDeclaredMethods();
            }
        } catch (ClassNotFoundException | LinkageError e) {
            System.getLogger("org.multiprocessing4j").log(System.Logger.Level.DEBUG, "not loaded beforehand", e);
        }
    }

    /**
     * Waits until something can be read from one of them.
     *
     * @param millis how long; -1 for without a limit
     * @return the place of the first one; -1 if the time ran out
     */
    private static int firstReadable(long millis, int... descriptors) {
        byte[] ready = new byte[descriptors.length];
        OSException.check(Native.wait_any_readable(descriptors, ready, descriptors.length, millis));
        for (int i = 0; i < ready.length; i++) {
            if (ready[i] != 0) {
                return i;
            }
        }
        return -1;
    }

    private void makeChild(Request request) {
        try {
            int at = request.cell * Integer.BYTES;
            pids.buffer().putInt(at, 0); // so that the kernel finds it in memory
            int pid = Posix.forkSibling(pids.address() + at, new Life(request.socket, self, pids, waiting, true));
            rehearsal.madeChild();
            say(request.socket, pid, "");
        } catch (OSException e) {
            say(request.socket, -e.errno(), "");
        } catch (UnsupportedOperationException e) {
            say(request.socket, REFUSED, e.getMessage());
        } finally {
            Posix.close(request.socket);
        }
    }

    private static void say(int socket, int number, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        byte[] message = Arrays.copyOf(
                ByteBuffer.allocate(Integer.BYTES).putInt(number).array(),
                Integer.BYTES + Math.min(bytes.length, LONGEST_TEXT));
        System.arraycopy(bytes, 0, message, Integer.BYTES, message.length - Integer.BYTES);
        Native.write_all(socket, message, message.length); // if nobody listens, the parent has ended
    }

    /**
     * What a child does with its life, from which it does not come back; or, in the server, a rehearsal of all of it but
     * the end. It is all in one place: children find linked what has run here, and nothing else.
     *
     * @param socket its standard input, at first under another number
     * @param server the server's pidfd
     * @param pids the server's, as {@code waiting} is: none of a child's business
     */
    private record Life(int socket, int server, Block pids, Queue<Request> waiting, boolean really)
            implements Runnable {
        @Override
        public void run() {
            try {
                pids.close();
                for (Request other : waiting) {
                    Posix.close(other.socket);
                }
                live();
            } catch (Throwable e) {
                if (!really) {
                    throw new IllegalStateException("a rehearsal failed", e);
                }
                e.printStackTrace();
                Posix._exit(1);
            }
        }

        /** Waits for a process, runs it, and ends. */
        private void live() throws Exception {
            begin();
            Thread[] serversThreads = ForkedChild.settle(true);
            int readable = firstReadable(UNHURRIED_MILLIS, STDIN, server, WaitingJvm.PARENT);
            if (readable < 0) {
                Rehearsal.again();
                readable = firstReadable(-1, STDIN, server, WaitingJvm.PARENT);
            }
            if (readable != 0) {
                // A spare child ends with the server. What was sent until this moment counts; later the parent is told
                // that nobody is there.
                OSException.check(Native.shutdown_read(STDIN));
            }
            Posix.close(server);
            Process process = Spawn.receive();
            if (process == null) {
                Posix._exit(0);
            }
            ForkedChild.live(process, serversThreads, really);
        }

        private void begin() {
            try {
                OSException.check(Native.redirect(socket, STDIN));
            } finally {
                Posix.close(socket);
            }
        }
    }

    /** In the server: a child's life, with a process that is none. */
    static void rehearse(Process.Target target) throws Exception {
        int stdin = OSException.check(Native.duplicate(STDIN));
        try {
            Posix.rehearseForkSibling(rehearsal(target));
        } finally {
            OSException.check(Native.redirect(stdin, STDIN));
            Posix.close(stdin);
        }
    }

    private static Life rehearsal(Process.Target target) {
        int[] descriptors = {-1, -1, -1};
        try {
            descriptors[0] = Spawn.sendRehearsal(target);
            descriptors[1] = Posix.pidfdOpen(Posix.getpid());
            descriptors[2] = OSException.check(Native.duplicate(STDIN));
            Queue<Request> waiting = new ArrayDeque<>(
                    List.of(new Request(descriptors[2], 0, ForkServer.Urgency.NOW)));
            return new Life(descriptors[0], descriptors[1], Block.malloc(1), waiting, false);
        } catch (RuntimeException e) {
            for (int descriptor : descriptors) {
                if (descriptor >= 0) {
                    Posix.close(descriptor);
                }
            }
            throw e;
        }
    }
}
