package org.multiprocessing4j.pool;

import java.nio.ByteBuffer;

/** How large arrays travel beside a message: in shared memory, of which the message tells. */
interface Carrier {

    /** Arrays of fewer bytes travel in the message: about that size is where it takes as long. */
    int LEAST = 128 << 10;

    /**
     * Where to put that many bytes; writes into the message where that is.
     *
     * @return in native byte order; null: into the message itself, and nothing was written
     */
    ByteBuffer put(Bytes out, int length);

    /** Reads what {@link #put} wrote. @return the bytes, in native byte order, until the message has been dealt with */
    ByteBuffer get(Bytes in, int length);

    /** An array of that size has come in the message itself. */
    void missed(int length);
}
