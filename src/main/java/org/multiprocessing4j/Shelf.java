package org.multiprocessing4j;

import java.io.ObjectInputFilter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.util.NativeMemory;

/**
 * Copies of the messages that come next in a queue, made when a thread took the one before them: a native call takes
 * longer than to copy a small message. They are in the queue still. To take one is to move the queue's head over it, by
 * one compare-and-set; who dies before that has taken nothing. If somebody else took it that fails, and what is on the
 * shelf is worth nothing any more.
 *
 * <p>A thread's own, and for one queue at a time: see {@link Scratch}. It holds nothing but the copies: what becomes of
 * the queue, or of the messages, does not depend on it.
 */
final class Shelf {

    private static final VarHandle WORD = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    /** Somebody may wait for room. */
    private static final long AWAITED = 1;

    private static final int MOST = 32;

    /** So many messages are taken without any copies after copies were of no use: others take messages as well. */
    private static final int ABSTINENCE = 16;

    // Where it is what the native part says of a message.
    private static final int AT = 0;
    private static final int NEXT = 8;
    private static final int LENGTH = 16;
    private static final int LETTER = 20;
    private static final int BYTES = 24;

    /** Null until it is of use. */
    private NativeMemory memory;

    private ByteBuffer buffer;

    /** The number of the queue it is for. */
    private long queue;

    /** Where the next message is, and how many are left. */
    private int at;

    private int left;

    /** The queue's head, if it is that message's turn. */
    private long head;

    /** How many were wanted last. */
    private int wanted;

    private int abstinence;

    /**
     * Takes the next message from its queue, if it lies here and nobody has taken it yet: {@link #message} is to be
     * called then.
     *
     * @param calls those of the queue; the caller has made its mark
     */
    boolean take(QueueCalls calls) {
        if (left == 0 || queue != calls.number() || !calls.isOpen()) {
            return false;
        }
        ByteBuffer state = calls.state();
        long next = buffer.getLong(at + NEXT);
        if (!WORD.compareAndSet(state, Native.queue_head_offset, head, next)) {
            left = 0;
            wanted = 0;
            abstinence = ABSTINENCE;
            return false;
        }
        head = next;
        if (((long) WORD.getVolatile(state, Native.queue_writers_offset) & AWAITED) != 0) {
            Native.queue_wake_writers(calls.address());
        }
        return true;
    }

    /** The message that was taken. */
    Object message(ObjectInputFilter filter) {
        int here = at;
        int length = buffer.getInt(here + LENGTH);
        at = here + BYTES + (length + Long.BYTES - 1 & -Long.BYTES);
        left--;
        return Messages.decode((byte) buffer.getInt(here + LETTER), length, buffer, here + BYTES, filter);
    }

    /**
     * Before a message is taken natively.
     *
     * @return where those that follow it are to be put; 0: nowhere, as it would be of no use
     */
    long toBeFilled(QueueCalls calls) {
        left = 0;
        if (queue != calls.number()) {
            queue = calls.number();
            wanted = 0;
            abstinence = 1; // who takes one message only is spared it
        }
        if (abstinence > 0) {
            return 0;
        }
        if (memory == null) {
            memory = new NativeMemory(Native.queue_shelf_size);
            buffer = memory.buffer();
        }
        buffer.putInt(0, Math.min(MOST, 2 * wanted + 1));
        return memory.address();
    }

    /** After a message was taken natively: those that follow it were put here, if they were to be. */
    void filled() {
        if (abstinence > 0) {
            abstinence--;
            return;
        }
        wanted = Math.min(MOST, 2 * wanted + 1);
        left = buffer.getInt(0);
        at = Native.queue_shelf_first;
        head = buffer.getLong(at + AT);
    }

    /** How many messages lie here; some of them, or all, may be taken already. */
    int size() {
        return left;
    }
}
