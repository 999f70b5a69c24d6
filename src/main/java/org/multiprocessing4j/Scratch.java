package org.multiprocessing4j;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Cleaners;
import org.multiprocessing4j.util.Mark;
import org.multiprocessing4j.util.Message;

/**
 * A thread's piece of native memory, in which messages are put together and taken apart: a native function gets its
 * address, and needs no Java array. Private memory: a forked child's is its own.
 */
final class Scratch {

    /** What a thread keeps. Larger pieces are given back after use. */
    private static final int KEPT = 16 * 1024;

    private static final ThreadLocal<Scratch> OF_THREAD = new ThreadLocal<>();

    private final Mark mark = new Mark();
    private ByteBuffer buffer;
    private long address;
    private Cleaner.Cleanable memory;
    private boolean busy;

    /** Null, as long as nothing is serialized. */
    private Message message;

    private Scratch(int capacity) {
        allocate(capacity);
    }

    /**
     * The thread's, to be given back by {@link #release()}; another one while that is in use, as happens when user code
     * that takes part in making a message uses a queue itself.
     */
    static Scratch take() {
        Scratch scratch = OF_THREAD.get();
        if (scratch == null) {
            scratch = new Scratch(KEPT);
            OF_THREAD.set(scratch);
        } else if (scratch.busy) {
            scratch = new Scratch(KEPT);
        }
        scratch.busy = true;
        return scratch;
    }

    void release() {
        try {
            if (buffer.capacity() > KEPT) {
                memory.clean();
                allocate(KEPT);
            }
        } finally {
            busy = false;
            if (message != null) {
                forgetMessage();
            }
        }
    }

    private void forgetMessage() {
        Message here = message;
        message = null;
        here.close();
    }

    /** The message that is put together here, as long as it is serialized. */
    Message message() {
        if (message == null) {
            message = new Message();
        }
        return message;
    }

    /** What was put together here is there for its reader. */
    void sent() {
        if (message != null) {
            message.sent();
        }
    }

    /** Says what is used together with it. */
    Mark mark() {
        return mark;
    }

    /** In native byte order; its position means nothing. */
    ByteBuffer buffer() {
        return buffer;
    }

    /** Valid until {@link #ensure} or {@link #release()}. */
    long address() {
        return address;
    }

    int capacity() {
        return buffer.capacity();
    }

    /** Makes it as large as that at least; keeps the first bytes. */
    void ensure(int capacity, int keep) {
        if (capacity <= buffer.capacity()) {
            return;
        }
        ByteBuffer old = buffer;
        Cleaner.Cleanable oldMemory = memory;
        allocate((int) Math.min(Integer.MAX_VALUE - 8, Math.max(capacity, 2L * old.capacity())));
        buffer.put(0, old, 0, keep);
        oldMemory.clean();
    }

    private void allocate(int capacity) {
        long piece = OSException.check(Native.memory_allocate(capacity));
        buffer = Jvm.view(piece, capacity).order(ByteOrder.nativeOrder());
        address = piece;
        memory = Cleaners.shared().register(buffer, () -> Native.memory_free(piece));
    }
}
