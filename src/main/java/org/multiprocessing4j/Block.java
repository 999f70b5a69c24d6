package org.multiprocessing4j;

import java.io.Serial;
import java.io.Serializable;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Cleaners;
import org.multiprocessing4j.util.Handover;

/**
 * A piece of shared memory, from the heap or from another process. Mirrors {@code heap.BufferWrapper}.
 *
 * <p>close() gives the memory back to the heap at once, unless a buffer over it was handed to the user; what is then
 * left is given back when nothing reaches it any more. It stays mapped until no buffer over it is reachable, so that a
 * thread that comes too late reads something meaningless, and never crashes.
 */
final class Block implements Serializable, AutoCloseable {

    private static final long serialVersionUID = 1L;

    /** What the native side knows; slices of this buffer keep it reachable, and it alone keeps the memory. */
    private transient ByteBuffer memory;

    private final transient long native_;
    private final transient long address;
    private final transient long size;
    private final transient Cleaner.Cleanable cleanable;
    private transient boolean exposed;

    private Block(long native_, long size) {
        this.native_ = native_;
        this.size = size;
        this.address = Native.block_address(native_);
        this.memory = Jvm.view(address, size);
        this.cleanable = Cleaners.shared().register(memory, () -> Native.block_release(native_));
    }

    /**
     * Allocates, zeroed, on a cache line of its own.
     *
     * @param size bytes; at most 2 GiB - 1, as a ByteBuffer reaches no further
     * @throws IllegalArgumentException if the size is out of range
     * @throws OSException ENOMEM, ENOSPC
     */
    static Block malloc(long size) {
        if (size < 0 || size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("Size " + size + " out of range");
        }
        return new Block(OSException.check(Native.block_allocate(size)), size);
    }

    /**
     * Memory for a lock or the like, zeroed, in arenas where it can be found: see {@code mp4j locks}.
     *
     * @param kind {@code Native.sync_…}
     * @throws OSException ENOMEM, ENOSPC, EMFILE
     */
    static Block forSync(int kind) {
        return new Block(OSException.check(Native.sync_allocate(kind)), Native.sync_size(kind));
    }

    /**
     * A queue's memory, in an arena of its own.
     *
     * @param kind {@code Native.queue_…}
     * @param maxItems 0: any number
     * @param limit bytes; 0: as much as there is
     * @throws OSException ENOMEM, ENOSPC, EMFILE
     */
    static Block forQueue(int kind, int maxItems, long limit) {
        return new Block(
                OSException.check(Native.queue_allocate(kind, maxItems, limit)), Native.queue_size_in_memory());
    }

    /** The same memory in this process; the descriptor stays the caller's. */
    static Block attach(int fd, long offset, long size) {
        return new Block(OSException.check(Native.block_attach(fd, offset, size)), size);
    }

    /**
     * The memory, in native byte order, from position 0 to its size.
     *
     * @throws IllegalStateException after {@link #close()}
     */
    ByteBuffer buffer() {
        return open().duplicate().order(ByteOrder.nativeOrder());
    }

    /** As {@link #buffer()}, for the user to keep: the memory is given back when the buffer is unreachable. */
    synchronized ByteBuffer expose() {
        ByteBuffer buffer = buffer();
        exposed = true;
        return buffer;
    }

    /** Where the memory begins; valid as long as this block is reachable and open. */
    long address() {
        return address;
    }

    synchronized SharedHandle handle() {
        open();
        return new SharedHandle(Native.block_fd(native_), Native.block_offset(native_), size);
    }

    /** Whether a child that was given this memory still runs: perhaps it has not yet got so far as to attach it. */
    boolean isWithChildren() {
        ByteBuffer here = memory;
        return ProcessTable.activeChildren().stream().anyMatch(child -> child.wasGiven(here));
    }

    private ByteBuffer open() {
        ByteBuffer here = memory;
        if (here == null) {
            throw new IllegalStateException("shared memory is closed");
        }
        return here;
    }

    boolean isClosed() {
        return memory == null;
    }

    @Override
    public synchronized void close() {
        ByteBuffer here = memory;
        memory = null;
        if (here != null && !exposed) {
            Native.block_retire(native_);
            java.lang.ref.Reference.reachabilityFence(here);
        }
    }

    /** Gives memory and descriptor back at once: the caller sees to it that nobody uses them any more. */
    synchronized void release() {
        memory = null;
        cleanable.clean();
    }

    /** As the number of its arena among the descriptors that the child gets. */
    Reduced reduced() {
        Handover handover = Handover.sending("shared memory");
        SharedHandle handle = handle();
        return new Reduced(Reduced.Kind.BLOCK, handover.add(handle.fd(), memory), handle.offset(), size);
    }

    @Serial
    private Object writeReplace() {
        return reduced();
    }
}
