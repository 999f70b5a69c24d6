package org.multiprocessing4j.connection;

import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * Two connected ends, for two processes or threads. Mirrors Python's {@code Pipe}, which returns them as a tuple.
 *
 * <p>Each end travels to a child as an argument of its process. The reader sees the end of the data only when every
 * copy of the other end is closed: so close, in each process, the end that it does not use.
 *
 * @param first one end; of a pipe that goes one way, the one that receives
 * @param second the other end; of a pipe that goes one way, the one that sends
 */
public record Pipe(Connection first, Connection second) implements AutoCloseable {

    /** A pipe that goes both ways: a socketpair of AF_UNIX. */
    public static Pipe open() {
        return open(true);
    }

    /**
     * Makes a pipe.
     *
     * @param duplex whether both ends can send and receive (socketpair(2)), or the first receives what the second sends
     *     (pipe(2), which is faster, with room for 256 KiB)
     * @throws OSException EMFILE, ENFILE
     */
    public static Pipe open(boolean duplex) {
        long ends = OSException.check(Native.connection_pipe(duplex ? 1 : 0));
        int first = (int) ends;
        int second = (int) (ends >> 32);
        try {
            return new Pipe(new Connection(first, true, duplex), new Connection(second, duplex, true));
        } catch (RuntimeException e) {
            Posix.close(first);
            Posix.close(second);
            throw e;
        }
    }

    /** The end that receives: the first. */
    public Connection reader() {
        return first;
    }

    /** The end that sends: the second. */
    public Connection writer() {
        return second;
    }

    /** Closes both ends in this process. */
    @Override
    public void close() {
        first.close();
        second.close();
    }
}
