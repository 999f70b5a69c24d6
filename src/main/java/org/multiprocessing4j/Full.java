package org.multiprocessing4j;

import java.io.Serial;

/** A queue has no room. Mirrors {@code queue.Full}; what {@link java.util.Queue#add} throws is one as well. */
public class Full extends IllegalStateException {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Makes one. */
    public Full() {
        super("Queue full");
    }
}
