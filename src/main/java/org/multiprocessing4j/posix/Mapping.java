package org.multiprocessing4j.posix;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;

/**
 * Anonymous memory that forked children share, as {@code mmap(MAP_SHARED | MAP_ANONYMOUS)} gives it. Source: mmap(2).
 *
 * <p>The primitive bare: after {@link #close()} a buffer that was handed out points to memory that is gone. Use
 * {@link org.multiprocessing4j.RawArray} where that is too sharp.
 */
public final class Mapping implements AutoCloseable {

    private final long address;
    private final int size;
    private boolean closed;

    Mapping(int size) {
        if (size <= 0) {
            throw new IllegalArgumentException("size must be positive: " + size);
        }
        this.size = size;
        this.address = OSException.check(Native.map_shared(size));
    }

    /**
     * The memory, in native byte order.
     *
     * @throws IllegalStateException after {@link #close()}
     */
    public ByteBuffer buffer() {
        return Jvm.view(address(), size).order(ByteOrder.nativeOrder());
    }

    /**
     * Where the memory begins.
     *
     * @throws IllegalStateException after {@link #close()}
     */
    public synchronized long address() {
        if (closed) {
            throw new IllegalStateException("mapping is closed");
        }
        return address;
    }

    /** The size in bytes. */
    public int size() {
        return size;
    }

    /** munmap(2); once. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            OSException.check(Native.unmap(address, size));
        }
    }
}
