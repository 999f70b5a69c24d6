package org.multiprocessing4j;

import java.io.Serial;
import java.nio.ByteBuffer;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;

/**
 * A lock that its owner, a thread of a process, may take again, and releases as often. Mirrors {@code
 * multiprocessing.RLock}. Taking it again costs no native call.
 *
 * <p>Releasing a lock that the calling thread does not hold is an {@link IllegalStateException} "attempt to release
 * recursive lock not owned by thread" (AssertionError).
 */
public final class RLock extends SemLock {

    @Serial
    private static final long serialVersionUID = 1L;

    /** The lock's memory, whose owner alone counts in it how often it has the lock. */
    private final transient ByteBuffer state;

    /**
     * The thread of this process that has it, and the process: after a live fork what the parent holds is the parent's.
     * Written by the holder alone, who forgets itself when it releases the lock: so no thread, however late it sees
     * another's writes, takes itself for the holder.
     */
    private transient Thread owner;

    private transient int generation;

    /**
     * A free lock.
     *
     * @throws org.multiprocessing4j.posix.OSException ENOMEM, ENOSPC, EMFILE
     */
    public RLock() {
        this("");
    }

    /**
     * A free lock with a name.
     *
     * @param name what reports of deadlocks and {@code mp4j locks} call it; cut after 63 bytes of UTF-8
     * @throws org.multiprocessing4j.posix.OSException ENOMEM, ENOSPC, EMFILE
     */
    public RLock(String name) {
        super(Native.sync_rlock, name);
        state = memory();
    }

    RLock(Block block) {
        super(block);
        state = memory();
    }

    @Override
    boolean enterAgain() {
        if (!isMine()) {
            return false;
        }
        state.putLong(Native.lock_depth_offset, Math.incrementExact(state.getLong(Native.lock_depth_offset)));
        return true;
    }

    @Override
    void entered() {
        owner = Thread.currentThread();
        generation = Jvm.generation();
    }

    @Override
    void leaving() {
        if (owner == Thread.currentThread()) {
            owner = null;
        }
    }

    @Override
    boolean leaveInner() {
        long depth = isMine() ? state.getLong(Native.lock_depth_offset) : 0;
        if (depth > 1) {
            state.putLong(Native.lock_depth_offset, depth - 1);
            return true;
        }
        leaving();
        return false;
    }

    private boolean isMine() {
        return owner == Thread.currentThread() && generation == Jvm.generation();
    }

    @Override
    String refusal() {
        return "attempt to release recursive lock not owned by thread";
    }

    /** As Python's repr: {@code <RLock(MainProcess, 1)>}. */
    @Override
    public String toString() {
        String holder = holder();
        long depth = depth();
        String times = depth > 0 ? String.valueOf(depth) : holder.equals("None") ? "0" : "nonzero";
        return "<RLock(" + holder + ", " + times + ")>";
    }
}
