package org.multiprocessing4j;

import java.io.Serial;
import org.multiprocessing4j.bindings.Native;

/**
 * A lock that is not bound to its owner: any thread of any process may release it, and who takes it twice waits for
 * itself. Mirrors {@code multiprocessing.Lock}.
 *
 * <p>Releasing a free lock is an {@link IllegalStateException} "semaphore or lock released too many times"
 * (ValueError).
 */
public final class Lock extends SemLock {

    @Serial
    private static final long serialVersionUID = 1L;

    static final String TOO_OFTEN = "semaphore or lock released too many times";

    /**
     * A free lock.
     *
     * @throws org.multiprocessing4j.posix.OSException ENOMEM, ENOSPC, EMFILE
     */
    public Lock() {
        this("");
    }

    /**
     * A free lock with a name.
     *
     * @param name what reports of deadlocks and {@code mp4j locks} call it; cut after 63 bytes of UTF-8
     * @throws org.multiprocessing4j.posix.OSException ENOMEM, ENOSPC, EMFILE
     */
    public Lock(String name) {
        super(Native.sync_lock, name);
    }

    Lock(Block state) {
        super(state);
    }

    @Override
    boolean enterAgain() {
        return false;
    }

    @Override
    void entered() {
        // the lock itself knows
    }

    @Override
    void leaving() {
        // the lock itself knows
    }

    @Override
    boolean leaveInner() {
        return false;
    }

    @Override
    String refusal() {
        return TOO_OFTEN;
    }

    /** As Python's repr: {@code <Lock(owner=MainProcess)>}. */
    @Override
    public String toString() {
        return "<Lock(owner=" + holder() + ")>";
    }
}
