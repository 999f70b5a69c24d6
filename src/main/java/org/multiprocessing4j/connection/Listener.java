package org.multiprocessing4j.connection;

import java.io.Closeable;
import java.lang.ref.Cleaner;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Cleaners;
import org.multiprocessing4j.util.Slices;

/**
 * A socket that waits for connections, from Java, C++ or Python. Mirrors Python's {@code Listener}.
 *
 * <p>With a key, either side proves to the other that it has it, by the handshake of Python 3.8 to 3.15. The peers'
 * authentications go on at the same time: one that is silent holds up nobody else, and is cut off after ten seconds
 * (see {@link Builder#handshakeTimeout}). Who does not have the key learns nothing, not even an answer to a challenge
 * of its own.
 *
 * <p>Objects are sent by {@link Codecs#pickle()} on the connections, as Python expects and as nothing but data can be
 * received; {@link Builder#codec} chooses another one.
 *
 * <p>Any number of threads may call {@link #accept()}. The file of an AF_UNIX address is removed by {@link #close()},
 * and when the JVM ends; a live-forked child, which shares the socket, leaves it to its parent.
 */
public final class Listener implements Waitable, Closeable {

    private static final int LONGEST_HOST = 256;

    private static final int NOBODY = -2;

    private final ListenerSocket socket;
    private final Cleaner.Cleanable cleanable;
    private final Address address;
    private final int fileno;
    private final Codec codec;
    private volatile Address lastAccepted;

    /** Listens on a socket of AF_UNIX in a directory of its own, without authentication. */
    public Listener() {
        this(builder());
    }

    /**
     * Listens, without authentication.
     *
     * @throws OSException EADDRINUSE, EACCES …
     */
    public Listener(Address address) {
        this(builder().address(address));
    }

    /**
     * Listens; who connects must have the key.
     *
     * @throws OSException EADDRINUSE, EACCES …
     */
    public Listener(Address address, byte[] authkey) {
        this(builder().address(address).authkey(authkey));
    }

    private Listener(Builder options) {
        byte[] host = Peers.host(options.address);
        byte[] key = Peers.key(options.authkey);
        long handle = OSException.check(
                Native.listener_open(
                        host, host.length, Peers.port(options.address), options.backlog, key,
                        Peers.keyLength(options.authkey), Peers.nanos(options.handshakeTimeout)));
        this.codec = options.codec;
        this.address = read(handle, 0);
        this.fileno = Native.listener_fileno(handle);
        this.socket = new ListenerSocket(handle);
        this.cleanable = Cleaners.shared().register(this, socket);
    }

    /** Python's keyword arguments. */
    public static Builder builder() {
        return new Builder();
    }

    /** Python's keyword arguments, and more. */
    public static final class Builder {
        private Address address;
        private int backlog = 1;
        private byte[] authkey;
        private Duration handshakeTimeout = Peers.HANDSHAKE;
        private Codec codec = Codecs.pickle();

        private Builder() {}

        /** Where to listen; by default on a socket of AF_UNIX in a directory of its own. */
        public Builder address(Address address) {
            this.address = Objects.requireNonNull(address, "address");
            if (address instanceof Address.Unix unix && unix.path().isEmpty()) {
                throw new IllegalArgumentException("an empty path");
            }
            return this;
        }

        /** How many connections may wait to be accepted; 1 by default. */
        public Builder backlog(int backlog) {
            this.backlog = backlog;
            return this;
        }

        /** The key that both sides must have; none by default. Python before 3.13 takes an empty key for none. */
        public Builder authkey(byte[] authkey) {
            this.authkey = authkey.clone();
            return this;
        }

        /** How long a peer may take to prove that it has the key; ten seconds by default. */
        public Builder handshakeTimeout(Duration timeout) {
            this.handshakeTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /** How objects are sent over the connections; {@link Codecs#pickle()} by default. */
        public Builder codec(Codec codec) {
            this.codec = Objects.requireNonNull(codec, "codec");
            return this;
        }

        /**
         * Listens.
         *
         * @throws OSException EADDRINUSE, EACCES …
         */
        public Listener open() {
            return new Listener(this);
        }
    }

    /**
     * The next peer's connection, once it has proved that it has the key; blocks until there is one, through {@link
     * Thread#interrupt()} too.
     *
     * @throws AuthenticationException a peer did not have the key, was silent for too long, or left; as in Python, the
     *     next call waits for another one
     * @throws IllegalStateException "listener is closed", also while it waits
     */
    public Connection accept() throws AuthenticationException {
        ListenerSocket.Use use = socket.enter();
        try {
            return connection(Native.listener_accept(use.handle(), -1), use.handle());
        } finally {
            socket.leave(use);
        }
    }

    /**
     * As {@link #accept()}, but waits at most that long, and can be interrupted.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @throws TimeoutException nobody came in time
     */
    public Connection accept(Duration timeout)
            throws AuthenticationException, InterruptedException, TimeoutException {
        Slices slices = new Slices(TimeUnit.NANOSECONDS.convert(timeout.isNegative() ? Duration.ZERO : timeout));
        do {
            long slice = slices.nextUnlessInterrupted();
            ListenerSocket.Use use = socket.enter(slice);
            if (use != null) {
                try {
                    int fd = Native.listener_accept(use.handle(), slice);
                    if (fd != Native.connection_timed_out) {
                        return connection(fd, use.handle());
                    }
                } finally {
                    socket.leave(use);
                }
            }
        } while (!slices.over());
        throw new TimeoutException("nobody connected to " + address + " within " + timeout);
    }

    private Connection connection(int fd, long handle) throws AuthenticationException {
        if (fd == Native.connection_closed) {
            throw ListenerSocket.closed();
        }
        Peers.check(fd);
        lastAccepted = read(handle, 1);
        return Connection.open(fd, true, true, codec);
    }

    /** @param last 1 for where the last peer came from */
    private static Address read(long handle, int last) {
        int port = Native.listener_port(handle, last);
        byte[] host = new byte[LONGEST_HOST];
        String text = new String(
                host, 0, Native.listener_host(handle, last, host, LONGEST_HOST), StandardCharsets.UTF_8);
        return port == NOBODY ? null : port < 0 ? Address.of(text) : Address.of(text, port);
    }

    /** Where it listens, with the port that was free. */
    public Address address() {
        return address;
    }

    /** Where the connection came from that was accepted last; a path that is empty for a peer of AF_UNIX. */
    public Optional<Address> lastAccepted() {
        return Optional.ofNullable(lastAccepted);
    }

    /** The socket: readable when somebody wants to connect. An authentication is yet to come then. */
    @Override
    public int fileno() {
        socket.check();
        return fileno;
    }

    /** Stops listening, removes the socket's file, and ends {@link #accept()} in other threads. Twice is harmless. */
    @Override
    public void close() {
        cleanable.clean();
    }
}
