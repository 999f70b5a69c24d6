package org.multiprocessing4j.util;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;

/**
 * A piece of native memory, in which a native function finds what it is to take, or leaves what it gives: it gets an
 * address, and needs no Java array. Private memory: a forked child's is its own. Whoever uses it sees to it that nobody
 * else does at the same time.
 */
public final class NativeMemory {

    private final ByteBuffer buffer;
    private final long address;
    private final Cleaner.Cleanable cleanable;

    /**
     * Allocates a piece; what is in it is anything.
     *
     * @param size in bytes
     * @throws OSException ENOMEM
     */
    public NativeMemory(int size) {
        long piece = OSException.check(Native.memory_allocate(size));
        this.buffer = Jvm.view(piece, size).order(ByteOrder.nativeOrder());
        this.address = piece;
        this.cleanable = Cleaners.shared().register(buffer, () -> Native.memory_free(piece));
    }

    /** In native byte order; its position means nothing. */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** Valid as long as this object is reachable, unless it is freed. */
    public long address() {
        return address;
    }

    /** Its size in bytes. */
    public int size() {
        return buffer.capacity();
    }

    /** Gives it back at once: nobody uses it any more. Else that is done when nobody reaches it any more. */
    public void free() {
        cleanable.clean();
    }
}
