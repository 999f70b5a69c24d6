package org.multiprocessing4j.connection;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Where a {@link Listener} listens. Python's addresses: a tuple of host and port (AF_INET), a path (AF_UNIX), or a name
 * that begins with NUL, in Linux's abstract namespace, which leaves no file.
 */
public sealed interface Address permits Address.Inet, Address.Unix {

    /**
     * A host and a port.
     *
     * @param host a name or number; empty: all addresses of this machine; with a colon: AF_INET6
     * @param port 0 for a listener: one that is free
     * @throws IllegalArgumentException if the port is none
     */
    static Address of(String host, int port) {
        return new Inet(host, port);
    }

    /**
     * A path, or an abstract name if it begins with NUL.
     *
     * @throws IllegalArgumentException if it has more than 107 bytes, or a path has a NUL
     */
    static Address of(String path) {
        return new Unix(path);
    }

    /**
     * A host and a port: AF_INET, or AF_INET6 if the host has a colon.
     *
     * @param host a name or number
     * @param port 0 to 65535
     */
    record Inet(String host, int port) implements Address {
        private static final int LAST_PORT = 65535;

        /** Checks the port. */
        public Inet {
            Objects.requireNonNull(host, "host");
            if (port < 0 || port > LAST_PORT) {
                throw new IllegalArgumentException("port must be 0-65535: " + port);
            }
        }

        /** As Python prints it: {@code ('localhost', 4711)}. */
        @Override
        public String toString() {
            return "('" + host + "', " + port + ")";
        }
    }

    /**
     * A path or an abstract name: AF_UNIX.
     *
     * @param path empty for a client, which mostly has no name
     */
    record Unix(String path) implements Address {
        private static final int LONGEST = 107;

        /** Checks the length. */
        public Unix {
            if (path.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
                throw new IllegalArgumentException("AF_UNIX path too long: " + path.replace("\0", "\\x00"));
            }
            if (path.indexOf('\0') > 0 && !path.startsWith("\0")) {
                throw new IllegalArgumentException("NUL in a path: " + path.replace("\0", "\\x00"));
            }
        }

        /** Whether it is a name in the abstract namespace: no file. */
        public boolean isAbstract() {
            return path.startsWith("\0");
        }

        /** As Python prints it: {@code '/tmp/socket'}. */
        @Override
        public String toString() {
            return "'" + path.replace("\0", "\\x00") + "'";
        }
    }
}
