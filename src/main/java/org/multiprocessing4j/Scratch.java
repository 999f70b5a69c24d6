package org.multiprocessing4j;

import java.nio.ByteBuffer;
import org.multiprocessing4j.util.Mark;
import org.multiprocessing4j.util.Message;
import org.multiprocessing4j.util.NativeMemory;

/** A thread's piece of native memory, in which messages are put together and taken apart. */
final class Scratch {

    /** What a thread keeps. Larger pieces are given back after use. */
    private static final int KEPT = 16 * 1024;

    private static final ThreadLocal<Scratch> OF_THREAD = new ThreadLocal<>();

    private final Mark mark = new Mark();
    private final Shelf shelf = new Shelf();
    private NativeMemory memory = new NativeMemory(KEPT);
    private boolean busy;

    /** Null, as long as nothing is serialized. */
    private Message message;

    private Scratch() {}

    /**
     * The thread's, to be given back by {@link #release()}; another one while that is in use, as happens when user code
     * that takes part in making a message uses a queue itself.
     */
    static Scratch take() {
        Scratch scratch = OF_THREAD.get();
        if (scratch == null) {
            scratch = new Scratch();
            OF_THREAD.set(scratch);
        } else if (scratch.busy) {
            scratch = new Scratch();
        }
        scratch.busy = true;
        return scratch;
    }

    void release() {
        try {
            if (memory.size() > KEPT) {
                NativeMemory large = memory;
                memory = new NativeMemory(KEPT);
                large.free();
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

    /** What was copied here before it is taken; stays when this is given back. */
    Shelf shelf() {
        return shelf;
    }

    /** In native byte order; its position means nothing. */
    ByteBuffer buffer() {
        return memory.buffer();
    }

    /** Valid until {@link #ensure} or {@link #release()}. */
    long address() {
        return memory.address();
    }

    int capacity() {
        return memory.size();
    }

    /** Makes it as large as that at least; keeps the first bytes. */
    void ensure(int capacity, int keep) {
        if (capacity <= memory.size()) {
            return;
        }
        NativeMemory old = memory;
        memory = new NativeMemory((int) Math.min(Integer.MAX_VALUE - 8, Math.max(capacity, 2L * old.size())));
        memory.buffer().put(0, old.buffer(), 0, keep);
        old.free();
    }
}
