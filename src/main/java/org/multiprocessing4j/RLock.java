package org.multiprocessing4j;

import java.io.Serial;
import org.multiprocessing4j.bindings.Native;

/**
 * A lock that its owner, a thread of a process, may take again, and releases as often. Mirrors {@code
 * multiprocessing.RLock}.
 *
 * <p>Releasing a lock that the calling thread does not hold is an {@link IllegalStateException} "attempt to release
 * recursive lock not owned by thread" (AssertionError).
 */
public final class RLock extends SemLock {

    @Serial
    private static final long serialVersionUID = 1L;

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
    }

    RLock(Block state) {
        super(state);
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
