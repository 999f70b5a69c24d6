package org.multiprocessing4j;

/**
 * A lock that is not bound to its owner: any thread of any process may release it, and who takes it twice waits for
 * itself. Mirrors {@code multiprocessing.Lock}.
 *
 * <p>Releasing a free lock is an {@link IllegalStateException} "semaphore or lock released too many times"
 * (ValueError).
 */
public final class Lock extends SemLock {

    private static final long serialVersionUID = 1L;

    /**
     * A free lock.
     *
     * @throws org.multiprocessing4j.posix.OSException ENOMEM, ENOSPC, EMFILE
     */
    public Lock() {
        super(newSemaphore());
    }

    Lock(Block block) {
        super(block);
    }

    @Override
    boolean enter() {
        return false;
    }

    @Override
    void leave() {
        count = 0;
        if (!post()) {
            throw new IllegalStateException("semaphore or lock released too many times");
        }
    }

    /** As Python's repr: {@code <Lock(owner=MainProcess)>}. */
    @Override
    public String toString() {
        return "<Lock(owner=" + holder("SomeOtherThread", "SomeOtherProcess") + ")>";
    }
}
