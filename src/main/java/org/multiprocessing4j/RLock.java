package org.multiprocessing4j;

/**
 * A lock that its owner, a thread of a process, may take again, and releases as often. Mirrors {@code
 * multiprocessing.RLock}. Taking it again costs no native call.
 *
 * <p>Releasing a lock that the calling thread does not hold is an {@link IllegalStateException} "attempt to release
 * recursive lock not owned by thread" (AssertionError).
 */
public final class RLock extends SemLock {

    private static final long serialVersionUID = 1L;

    /**
     * A free lock.
     *
     * @throws org.multiprocessing4j.posix.OSException ENOMEM, ENOSPC, EMFILE
     */
    public RLock() {
        super(newSemaphore());
    }

    RLock(Block block) {
        super(block);
    }

    @Override
    boolean enter() {
        if (!isMine()) {
            return false;
        }
        count = Math.incrementExact(count);
        return true;
    }

    @Override
    void leave() {
        if (!isMine()) {
            throw new IllegalStateException("attempt to release recursive lock not owned by thread");
        }
        if (--count == 0) {
            owner = null;
            post();
        }
    }

    /** As Python's repr: {@code <RLock(MainProcess, 1)>}. */
    @Override
    public String toString() {
        String holder = holder("SomeOtherThread", "SomeOtherProcess");
        String times = isMine() ? String.valueOf(count) : holder.equals("None") ? "0" : "nonzero";
        return "<RLock(" + holder + ", " + times + ")>";
    }
}
