package org.multiprocessing4j;

import java.io.Serial;
import java.util.NoSuchElementException;

/** A queue has no message. Mirrors {@code queue.Empty}; what {@link java.util.Queue#remove()} throws is one as well. */
public class Empty extends NoSuchElementException {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Makes one. */
    public Empty() {
        super("Queue empty");
    }
}
