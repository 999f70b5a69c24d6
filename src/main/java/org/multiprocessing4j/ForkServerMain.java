package org.multiprocessing4j;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
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

    private ForkServerMain() {}

    /** Makes children until its parent needs no more. @param preload the classes to have loaded in them */
    public static void main(String[] preload) throws Exception {
        // Ctrl-C is for the application: it decides whether it goes on.
        OSException.check(Native.ignore_signal(Posix.SIGINT));
        OSException.check(Jvm.default_sent_faults());
        for (String name : preload) {
            preload(name);
        }
        Rehearsal.first();
        int self = Posix.pidfdOpen(Posix.getpid());
        Block pids = ForkServer.receivePids();
        Rehearsal rehearsal = new Rehearsal();
        Request request;
        while (pids != null && (request = nextRequest(rehearsal)) != null) {
            makeChild(request, pids, self);
            Posix.close(request.socket);
        }
        Posix._exit(0);
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
    private record Request(int socket, int cell) {}

    /**
     * Waits for one, and rehearses meanwhile.
     *
     * @return null when there is nothing more to do
     */
    private static Request nextRequest(Rehearsal rehearsal) throws Exception {
        int readable;
        while ((readable = firstReadable(rehearsal.millisToStep(), STDIN, WaitingJvm.PARENT)) < 0) {
            rehearsal.step();
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
            load(in.readUTF());
            return new Request(room[0], cell);
        } catch (EOFException e) {
            return null; // the parent was killed while it asked
        }
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

    private static void makeChild(Request request, Block pids, int self) {
        try {
            int at = request.cell * Integer.BYTES;
            pids.buffer().putInt(at, 0); // so that the kernel finds it in memory
            int pid = Posix.forkSibling(pids.address() + at);
            if (pid == 0) {
                pids.close();
                live(request.socket, self);
            }
            say(request.socket, pid, "");
        } catch (OSException e) {
            say(request.socket, -e.errno(), "");
        } catch (UnsupportedOperationException e) {
            say(request.socket, REFUSED, e.getMessage());
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
        OSException.check(Native.redirect(socket, STDIN));
        Posix.close(socket);
        Thread[] serversThreads = ForkedChild.settle();
        if (!Posix.waitReadable(STDIN, Duration.ZERO)) {
            Rehearsal.again();
        }
        if (firstReadable(-1, STDIN, server, WaitingJvm.PARENT) != 0) {
            // A spare child ends with the server. What was sent until this moment counts; later the parent is told that
            // nobody is there.
            OSException.check(Native.shutdown_read(STDIN));
        }
        Posix.close(server);
        Process process = Spawn.receive();
        if (process == null) {
            Posix._exit(0);
        }
        ForkedChild.live(process, serversThreads);
    }
}
