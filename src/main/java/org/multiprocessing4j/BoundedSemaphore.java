package org.multiprocessing4j;

import java.io.Serial;

/**
 * A semaphore that never has more permits than at first: releasing it once too often is an {@link
 * IllegalStateException}. Mirrors {@code multiprocessing.BoundedSemaphore}, whose bound two releases at once may
 * overstep; this one's they do not.
 */
public final class BoundedSemaphore extends Semaphore {

    @Serial
    private static final long serialVersionUID = 1L;

    /** A semaphore with one permit. */
    public BoundedSemaphore() {
        this(1);
    }

    /**
     * A semaphore.
     *
     * @param value the permits at first, and the most there may be
     * @throws org.multiprocessing4j.posix.OSException EINVAL for a negative value; ENOMEM, ENOSPC, EMFILE
     */
    public BoundedSemaphore(int value) {
        this(value, "");
    }

    /**
     * A semaphore with a name.
     *
     * @param value the permits at first, and the most there may be
     * @param name what {@code mp4j locks} calls it; cut after 63 bytes of UTF-8
     * @throws org.multiprocessing4j.posix.OSException EINVAL for a negative value; ENOMEM, ENOSPC, EMFILE
     */
    public BoundedSemaphore(int value, String name) {
        super(value, value, name);
    }

    BoundedSemaphore(Block state) {
        super(state);
    }

    /** As Python's repr: {@code <BoundedSemaphore(value=2, maxvalue=3)>}. */
    @Override
    public String toString() {
        return "<BoundedSemaphore(value=" + getValue() + ", maxvalue=" + bound() + ")>";
    }
}
