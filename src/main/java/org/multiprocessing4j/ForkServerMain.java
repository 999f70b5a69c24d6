package org.multiprocessing4j;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
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
        OSException.check(Jvm.default_sent_faults());
        for (String name : preload) {
            preload(name);
        }
        Rehearsal.first();
        Block pids = ForkServer.receivePids();
        if (pids != null) {
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
        try {
            DataInputStream in = new DataInputStream(new FileInputStream(FileDescriptor.in));
            int cell = in.readInt();
            ForkServer.Urgency urgency = ForkServer.Urgency.numbered(in.readByte());
            load(in.readUTF());
            return new Request(room[0], cell, urgency);
        } catch (EOFException e) {
            return null; // the parent was killed while it asked
        }
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
            int pid = Posix.forkSibling(pids.address() + at);
            if (pid == 0) {
                pids.close();
                for (Request other : waiting) {
                    Posix.close(other.socket);
                }
                live(request.socket, self);
            }
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

    /** In the child: never comes back. */
    private static void live(int socket, int server) {
        try {
            awaitProcess(socket, server);
        } catch (Throwable e) {
            e.printStackTrace();
            Posix._exit(1);
        }
    }

    /** Waits for a process, runs it, and ends. */
    private static void awaitProcess(int socket, int server) throws Exception {
        Thread[] serversThreads = begin(socket);
        if (firstReadable(UNHURRIED_MILLIS, STDIN, server, WaitingJvm.PARENT) < 0) {
            Rehearsal.again();
        }
        Process process = receive(server);
        if (process == null) {
            Posix._exit(0);
        }
        ForkedChild.live(process, serversThreads);
    }

    private static Thread[] begin(int socket) {
        try {
            OSException.check(Native.redirect(socket, STDIN));
        } finally {
            Posix.close(socket);
        }
        return ForkedChild.settle();
    }

    private static Process receive(int server) throws Exception {
        if (firstReadable(-1, STDIN, server, WaitingJvm.PARENT) != 0) {
            // A spare child ends with the server. What was sent until this moment counts; later the parent is told that
            // nobody is there.
            OSException.check(Native.shutdown_read(STDIN));
        }
        Posix.close(server);
        return Spawn.receive();
    }

    /** In the server: all that a child does with its life, with a process that is none, but for its end. */
    static void rehearse(Process.Target target) throws Exception {
        int stdin = OSException.check(Native.duplicate(STDIN));
        try {
            begin(Spawn.sendRehearsal(target));
            ForkedChild.rehearse(receive(Posix.pidfdOpen(Posix.getpid())), Jvm.application_threads());
        } finally {
            OSException.check(Native.redirect(stdin, STDIN));
            Posix.close(stdin);
        }
    }
}
