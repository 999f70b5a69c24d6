package org.multiprocessing4j.connection;

import java.io.IOException;

/** A message did not fit into the buffer it was to be received in. Mirrors Python's {@code BufferTooShort}. */
public class BufferTooShortException extends IOException {

    private static final long serialVersionUID = 1L;

    private final transient byte[] message;

    /** Makes one with the message. */
    public BufferTooShortException(byte[] message) {
        super("buffer too short for a message of " + message.length + " bytes");
        this.message = message;
    }

    /** The message, as a whole: it was received. */
    public byte[] receivedMessage() {
        return message;
    }
}
