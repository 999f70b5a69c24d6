package org.multiprocessing4j;

import java.io.Serial;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Uses;

/**
 * A queue of messages between processes. Mirrors {@code multiprocessing.Queue}; see {@link BasicQueue} for what all
 * queues have in common.
 *
 * <p>It grows as long as there is memory, up to 8 GiB, so that {@code put} does not block, as in Python, unless there
 * is a {@code maxsize} or a limit of bytes; memory that it needs no more it gives back. With a limit, {@code put}
 * blocks while that much is unread, and larger messages go through in pieces.
 *
 * <p>What is different from Python: a process may end at once after {@code put}, and need not be joined after its queue
 * has been emptied, since nothing has still to be written. So {@link #joinThread()} never waits. And an object that
 * cannot be serialized is refused by {@code put}, where Python prints an error in a thread.
 *
 * @param <E> what the messages are
 */
public sealed class Queue<E> extends BasicQueue<E> permits JoinableQueue {

    @Serial
    private static final long serialVersionUID = 1L;

    /**
     * A queue for any number of messages.
     *
     * @throws OSException ENOMEM, ENOSPC, EMFILE
     */
    public Queue() {
        this(0);
    }

    /**
     * A queue for so many messages.
     *
     * @param maxsize 0 or negative: any number
     * @throws OSException ENOMEM, ENOSPC, EMFILE
     */
    public Queue(int maxsize) {
        this(maxsize, 0);
    }

    /**
     * A queue for so many messages and so many bytes.
     *
     * @param maxsize 0 or negative: any number
     * @param limit bytes, rounded up to a power of two, 4096 at least; 0: as much as there is
     * @throws IllegalArgumentException if the limit is negative
     * @throws OSException ENOMEM, ENOSPC, EMFILE
     */
    public Queue(int maxsize, long limit) {
        this(Native.queue_plain, maxsize, limit);
    }

    Queue(int kind, int maxsize, long limit) {
        super(Block.forQueue(kind, Math.max(0, maxsize), checkLimit(limit)));
    }

    /** One that another process made. */
    Queue(Block state) {
        super(state);
    }

    private static long checkLimit(long limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("limit " + limit + " is negative");
        }
        return limit;
    }

    /**
     * As {@link #put(Object)}, or does not wait.
     *
     * @throws Full if there is no room and {@code block} is false
     */
    public final void put(E item, boolean block) throws InterruptedException {
        if (block) {
            put(item);
        } else {
            putNowait(item);
        }
    }

    /**
     * As {@link #put(Object)}, but waits at most that long.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @throws Full if there was no room all that time
     */
    public final void put(E item, Duration timeout) throws InterruptedException {
        if (!insert(item, SyncObject.nanos(timeout))) {
            throw new Full();
        }
    }

    /**
     * Appends a message if there is room. Mirrors {@code put_nowait()}.
     *
     * @throws Full if there is none
     */
    public final void putNowait(E item) {
        if (!offer(item)) {
            throw new Full();
        }
    }

    /**
     * As {@link #get()}, or does not wait.
     *
     * @throws Empty if there is no message and {@code block} is false
     */
    public final E get(boolean block) throws InterruptedException {
        return block ? get() : getNowait();
    }

    /**
     * As {@link #get()}, but waits at most that long.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @throws Empty if there was no message all that time
     */
    public final E get(Duration timeout) throws InterruptedException {
        return notEmpty(poll(SyncObject.nanos(timeout), TimeUnit.NANOSECONDS));
    }

    /**
     * Takes the first message if there is one. Mirrors {@code get_nowait()}.
     *
     * @throws Empty if there is none
     */
    public final E getNowait() {
        return notEmpty(poll());
    }

    private static <T> T notEmpty(T item) {
        if (item == null) {
            throw new Empty();
        }
        return item;
    }

    /** How many messages there are at this moment. As {@link #size()}. */
    public final int qsize() {
        return size();
    }

    /** Whether there are {@code maxsize} messages at this moment. */
    public final boolean full() {
        Uses.Use use = enter();
        try {
            return Native.queue_full(address) != 0;
        } finally {
            leave(use);
        }
    }

    /**
     * Returns at once: all that was put is there already. Mirrors {@code join_thread()}.
     *
     * @throws IllegalStateException before {@link #close()}
     */
    public final void joinThread() {
        if (!isClosed()) {
            throw new IllegalStateException("Queue not closed");
        }
    }

    /** Does nothing, as {@link #joinThread()} never waits. Mirrors {@code cancel_join_thread()}. */
    public final void cancelJoinThread() {
        // there is no thread
    }

    @Override
    final String closedText() {
        return "Queue is closed";
    }

    @Override
    public String toString() {
        String state = isClosed() ? "closed" : "qsize=" + size();
        return "<" + getClass().getSimpleName() + "(maxsize=" + maxItems() + ", " + state + ")>";
    }

    @Override
    Reduced.Kind kind() {
        return Reduced.Kind.QUEUE;
    }
}
