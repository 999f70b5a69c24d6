package org.multiprocessing4j.connection;

import java.io.IOException;

/**
 * The other side of a connection does not have the key, or says that we do not, or did not keep to the protocol.
 * Mirrors Python's {@code AuthenticationError}.
 */
public class AuthenticationException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Makes one. */
    public AuthenticationException(String message) {
        super(message);
    }
}
