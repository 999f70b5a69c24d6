package org.multiprocessing4j.connection;

import java.io.IOException;
import java.io.Serializable;

/**
 * How objects become messages: see {@link Codecs}. Serializable, since a connection takes its codec with it to another
 * process. Used by several threads at once.
 */
public interface Codec extends Serializable {

    /**
     * Turns an object into a message.
     *
     * @throws IOException if that is not possible
     */
    byte[] encode(Object object) throws IOException;

    /**
     * Turns a message back into an object.
     *
     * @throws IOException if it is none of {@link #encode}, or holds what is not allowed
     */
    Object decode(byte[] message) throws IOException;
}
