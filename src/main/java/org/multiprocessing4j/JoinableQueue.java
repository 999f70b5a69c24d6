package org.multiprocessing4j;

import java.io.Serial;
import java.time.Duration;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Slices;
import org.multiprocessing4j.util.Uses;

/**
 * A queue that knows whether all that was put into it has been dealt with. Mirrors {@code
 * multiprocessing.JoinableQueue}.
 *
 * <p>A message that was {@link #lost()} in the queue counts as dealt with. One that a process took out and died with
 * does not: somebody else has to call {@link #taskDone()} for it.
 *
 * @param <E> what the messages are
 */
public final class JoinableQueue<E> extends Queue<E> {

    @Serial
    private static final long serialVersionUID = 1L;

    /**
     * A queue for any number of messages.
     *
     * @throws OSException ENOMEM, ENOSPC, EMFILE
     */
    public JoinableQueue() {
        this(0);
    }

    /**
     * A queue for so many messages.
     *
     * @param maxsize 0 or negative: any number
     * @throws OSException ENOMEM, ENOSPC, EMFILE
     */
    public JoinableQueue(int maxsize) {
        super(Native.queue_joinable, maxsize, 0);
    }

    /** One that another process made. */
    JoinableQueue(Block state) {
        super(state);
    }

    /**
     * A message that was taken has been dealt with; also after {@link #close()}. Mirrors {@code task_done()}.
     *
     * @throws IllegalStateException "task_done() called too many times"
     */
    public void taskDone() {
        Uses.Use use = enterClosed();
        int done = 0;
        if (use != null) {
            try {
                done = Native.queue_task_done(address);
            } finally {
                leave(use);
            }
            freeIfFinished();
        }
        if (done == 0) {
            throw new IllegalStateException("task_done() called too many times");
        }
    }

    /** A closed one that has unfinished tasks keeps its memory for {@link #taskDone()} and {@link #join()}. */
    private void freeIfFinished() {
        if (isClosed()) {
            close();
        }
    }

    @Override
    boolean isFinished() {
        return Native.queue_all_done(address) != 0;
    }

    /**
     * Blocks until all messages have been dealt with, even if more came at once after that; also after {@link
     * #close()}.
     */
    public void join() throws InterruptedException {
        join(new Slices(SyncObject.FOREVER));
    }

    /**
     * As {@link #join()}, at most that long. Python's has no such time.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @return false if the time ran out
     */
    public boolean join(Duration timeout) throws InterruptedException {
        return join(new Slices(SyncObject.nanos(timeout)));
    }

    private boolean join(Slices slices) throws InterruptedException {
        Uses.Use use = enterClosed();
        if (use == null) {
            return true; // it was closed when all had been dealt with
        }
        try {
            long begun = Native.queue_begin_join(address);
            while (true) {
                int joined = Native.queue_join(
                        address, SyncObject.thisThread(), slices.nextUnlessInterrupted(), slices.start(), begun);
                if (joined != 0) {
                    return true;
                }
                if (slices.over()) {
                    return false;
                }
            }
        } finally {
            leave(use);
            freeIfFinished();
        }
    }

    @Override
    Reduced.Kind kind() {
        return Reduced.Kind.JOINABLE_QUEUE;
    }
}
