package org.multiprocessing4j.connection;

import java.io.EOFException;
import java.time.Duration;
import java.util.Objects;
import org.multiprocessing4j.bindings.Native;

/**
 * Connects to a {@link Listener}, of Java, C++ or Python. Mirrors Python's function {@code Client}. Objects are sent by
 * {@link Codecs#pickle()}, as Python expects and as nothing but data can be received; between Java programs that trust
 * each other {@link Connection#codec(Codec)} chooses another one.
 */
public final class Client {

    private Client() {}

    /**
     * Connects, without authentication: the listener must ask for none.
     *
     * @throws org.multiprocessing4j.posix.OSException ECONNREFUSED, ENOENT …
     */
    public static Connection connect(Address address) {
        int fd = Native.client_connect(
                Peers.host(address), Peers.host(address).length, Peers.port(address), Peers.key(null), -1, 0);
        try {
            return connection(Peers.check(fd));
        } catch (AuthenticationException e) {
            throw new AssertionError(e); // there is none
        }
    }

    /**
     * Connects; either side proves that it has the key. Blocks up to ten seconds for that.
     *
     * @param authkey as {@code Process.authkey()}, or any bytes
     * @throws AuthenticationException the keys differ, or the listener did not answer in time or as it should
     * @throws EOFException the listener closed the connection meanwhile
     * @throws org.multiprocessing4j.posix.OSException ECONNREFUSED, ENOENT …
     */
    public static Connection connect(Address address, byte[] authkey) throws AuthenticationException, EOFException {
        return connect(address, authkey, Peers.HANDSHAKE);
    }

    /**
     * Connects; either side proves that it has the key.
     *
     * @param timeout how long the authentication may take
     */
    public static Connection connect(Address address, byte[] authkey, Duration timeout)
            throws AuthenticationException, EOFException {
        Objects.requireNonNull(authkey, "authkey");
        byte[] host = Peers.host(address);
        int fd = Native.client_connect(
                host, host.length, Peers.port(address), authkey, authkey.length, Peers.nanos(timeout));
        if (fd == Native.connection_eof) {
            throw new EOFException(Peers.failure());
        }
        return connection(Peers.check(fd));
    }

    private static Connection connection(long fd) {
        return Connection.open((int) fd, true, true, Codecs.pickle());
    }
}
