package org.multiprocessing4j;

import java.io.Serial;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;

/**
 * The simplest queue between processes: {@code put} blocks while 64 KiB are unread, as in Python a pipe does. Mirrors
 * {@code multiprocessing.SimpleQueue}; see {@link BasicQueue} for what all queues have in common. Messages larger than
 * that go through it in pieces.
 *
 * @param <E> what the messages are
 */
public final class SimpleQueue<E> extends BasicQueue<E> {

    @Serial
    private static final long serialVersionUID = 1L;

    /** As large as a pipe of Linux. */
    private static final long BYTES = 65536;

    /**
     * An empty queue.
     *
     * @throws OSException ENOMEM, ENOSPC, EMFILE
     */
    public SimpleQueue() {
        super(Block.forQueue(Native.queue_simple, 0, BYTES));
    }

    /** One that another process made. */
    SimpleQueue(Block state) {
        super(state);
    }

    @Override
    String closedText() {
        return "handle is closed";
    }

    @Override
    public String toString() {
        return "<SimpleQueue(" + (isClosed() ? "closed" : empty() ? "empty" : "not empty") + ")>";
    }

    @Override
    Reduced.Kind kind() {
        return Reduced.Kind.SIMPLE_QUEUE;
    }
}
