package org.multiprocessing4j;

import java.io.Serial;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.multiprocessing4j.util.Handover;

/**
 * What locks and their like have in common: a state in shared memory, which the native library knows how to change.
 * Travels to a child as an argument or captured by its target, and is serializable at no other time.
 */
abstract class SyncObject implements Serializable {

    @Serial
    private static final long serialVersionUID = 1L;

    /** A timeout of the native functions. */
    static final long FOREVER = -1;

    private final transient Block block;

    /** Where the state lies; valid as long as this object is reachable. */
    final transient long address;

    SyncObject(Block block) {
        this.block = block;
        this.address = block.address();
    }

    /** Where the state lies, for programs that this library did not start. */
    public final SharedHandle handle() {
        return block.handle();
    }

    /** The state itself, in native byte order. */
    final ByteBuffer memory() {
        return block.buffer();
    }

    /** @throws IllegalStateException if no process is being started */
    final Reduced reduced() {
        Handover.sending(getClass().getSimpleName() + " objects");
        return reduced(block);
    }

    /** What becomes the same object in the child. */
    abstract Reduced reduced(Block state);

    @Serial
    final Object writeReplace() {
        return reduced();
    }

    /** What the native library knows the calling thread by: no other one of this process has that number. */
    static long thisThread() {
        return Thread.currentThread().getId();
    }

    /** A timeout of the native functions: negative spans are zero, and 292 years are for ever. */
    static long nanos(Duration timeout) {
        try {
            return Math.max(0, timeout.toNanos());
        } catch (ArithmeticException e) { // more than 292 years
            return timeout.isNegative() ? 0 : Long.MAX_VALUE;
        }
    }

    static byte[] nameBytes(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }
}
