package org.multiprocessing4j.pool;

import java.io.Serial;

/**
 * What a worker wanted to answer, and could not be sent: an exception or a result that is not serializable, as type,
 * message and trace. Mirrors {@code pool.MaybeEncodingError}.
 */
public final class RemoteException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    private final String type;

    RemoteException(String type, String message) {
        super(message);
        this.type = type;
    }

    /** The name of the class that could not be sent. */
    public String type() {
        return type;
    }
}
