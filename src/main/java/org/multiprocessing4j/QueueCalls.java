package org.multiprocessing4j;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Cleaners;
import org.multiprocessing4j.util.MarkedUses;

/** The calls that use a queue's memory; it is given back when the queue is closed, and the last of them returns. */
final class QueueCalls extends MarkedUses {

    private final Block block;

    /** Stays there as long as this object: who comes too late finds it shut. */
    private final long door;

    private final ByteBuffer state;

    QueueCalls(Block block) {
        this.block = block;
        this.state = Jvm.view(block.address(), Native.queue_size_in_memory()).order(ByteOrder.nativeOrder());
        long memory = OSException.check(Native.queue_door(block.address()));
        Cleaners.shared().register(this, () -> Native.memory_free(memory));
        this.door = memory;
    }

    /** What a call goes through that has made its mark. */
    long door() {
        return door;
    }

    /** What it goes through when it goes on. */
    long inside() {
        return door + Long.BYTES;
    }

    /** The memory, for what needs no native call: between a mark, after which {@link #isOpen}, and its end. */
    ByteBuffer state() {
        return state;
    }

    /** As {@link #state()}. */
    long address() {
        return block.address();
    }

    @Override
    protected void shut() {
        Native.queue_shut(door);
    }

    @Override
    protected void free() {
        block.release();
    }
}
