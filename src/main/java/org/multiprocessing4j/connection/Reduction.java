package org.multiprocessing4j.connection;

import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * Hands descriptors to other processes, over connections of AF_UNIX: a {@code Pipe(true)}, or those of a {@link
 * Listener} with such an address. Mirrors {@code multiprocessing.reduction}, whose functions of Python 3.8 to 3.13 may
 * be at the other end. Sources: unix(7), SCM_RIGHTS.
 *
 * <p>What is received is a copy, close-on-exec, and the receiver's to close; the sender's stays open. Descriptors are
 * no messages: who sends some with this class has to be who the other side expects them from. Blocking and threads are
 * as {@link Connection} says.
 */
public final class Reduction {

    /** As many as go at once: the kernel takes one more. */
    private static final int MOST = 252;

    private static final int ECONNRESET = 104;

    private Reduction() {}

    /**
     * Sends a copy of a descriptor. Mirrors {@code send_handle}.
     *
     * @throws IllegalArgumentException the connection is none of AF_UNIX
     * @throws OSException EBADF; EPIPE if the other side is closed
     */
    public static void sendHandle(Connection connection, int fd) {
        sendfds(connection, fd);
    }

    /**
     * Receives a descriptor; blocks until it comes. Mirrors {@code recv_handle}.
     *
     * @throws EOFException the other side is closed
     * @throws IOException what came is no single descriptor
     * @throws OSException EMFILE: there was no room for it
     */
    public static int recvHandle(Connection connection) throws IOException {
        int[] fds = recvfds(connection, 1);
        if (fds.length != 1) {
            throw new IOException("received no descriptor where one was expected");
        }
        return fds[0];
    }

    /**
     * Sends copies of descriptors. Mirrors {@code sendfds}.
     *
     * @param fds at most 252
     * @throws IllegalArgumentException there are more; or the connection is none of AF_UNIX
     * @throws OSException EBADF; EPIPE if the other side is closed
     */
    public static void sendfds(Connection connection, int... fds) {
        if (fds.length > MOST) {
            throw new IllegalArgumentException(MOST + " descriptors can be sent at once, not " + fds.length);
        }
        connection.duringSending(fd -> OSException.check(Native.send_fds(fd, fds, fds.length)));
    }

    /**
     * Receives descriptors; blocks until they come. Mirrors {@code recvfds}.
     *
     * @param size at most so many
     * @throws EOFException the other side is closed
     * @throws IOException there came more, which are closed
     * @throws OSException EMFILE: there was no room for them
     */
    public static int[] recvfds(Connection connection, int size) throws IOException {
        int[] room = new int[MOST];
        int count = connection.duringReceiving(fd -> Native.receive_fds(fd, room, room.length));
        if (count == -ECONNRESET) {
            throw new EOFException("the other side of the connection is closed");
        }
        int[] fds = Arrays.copyOf(room, OSException.check(count));
        if (count > size) {
            for (int fd : fds) {
                Posix.close(fd);
            }
            throw new IOException("received " + count + " descriptors where " + size + " were expected");
        }
        return fds;
    }
}
