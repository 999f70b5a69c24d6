package org.multiprocessing4j;

import java.io.Serial;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;

/**
 * A number of permits. Mirrors {@code multiprocessing.Semaphore}.
 *
 * <p>For any number of threads and processes at once, and not fair, as {@link SemLock}. {@link #acquire()} and {@link
 * #release()} need not come from the same process: one may hand out what another waits for. So a permit that was taken
 * so belongs to nobody, and is gone if its taker dies. {@link #hold()}, Python's {@code with semaphore:}, is
 * <b>tracked</b>: such a permit is this process's until the guard is closed, and if the process dies it comes back by
 * itself, within 100 ms. That goes for up to 44 processes at a time; more take their permits untracked.
 */
public sealed class Semaphore extends SyncObject permits BoundedSemaphore {

    @Serial
    private static final long serialVersionUID = 1L;

    private static final int TRACKED = 1;
    private static final int UNTRACKED = 0;

    private final transient SemLock.Guard guard = new SemLock.Guard() {
        @Override
        public void close() {
            release(TRACKED);
        }
    };

    /** A semaphore with one permit. */
    public Semaphore() {
        this(1);
    }

    /**
     * A semaphore.
     *
     * @param value the permits at first
     * @throws OSException EINVAL for a negative value; ENOMEM, ENOSPC, EMFILE
     */
    public Semaphore(int value) {
        this(value, "");
    }

    /**
     * A semaphore with a name.
     *
     * @param value the permits at first
     * @param name what {@code mp4j locks} calls it; cut after 63 bytes of UTF-8
     * @throws OSException EINVAL for a negative value; ENOMEM, ENOSPC, EMFILE
     */
    public Semaphore(int value, String name) {
        this(value, Integer.MAX_VALUE, name);
    }

    Semaphore(int value, int bound, String name) {
        super(Block.forSync(Native.sync_semaphore));
        byte[] bytes = nameBytes(name);
        OSException.check(Native.counting_semaphore_init(address, value, bound, bytes, bytes.length));
    }

    /** One that another process made. */
    Semaphore(Block state) {
        super(state);
    }

    // Python's names

    /**
     * Takes a permit; blocks until there is one.
     *
     * @return true
     */
    public final boolean acquire() {
        return acquire(FOREVER, UNTRACKED);
    }

    /**
     * Takes a permit.
     *
     * @param block false only tries
     * @return whether one was taken
     */
    public final boolean acquire(boolean block) {
        return acquire(block ? FOREVER : 0, UNTRACKED);
    }

    /**
     * Takes a permit, and waits for it at most that long.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @return whether one was taken
     */
    public final boolean acquire(Duration timeout) {
        return acquire(nanos(timeout), UNTRACKED);
    }

    /**
     * Adds a permit.
     *
     * @throws IllegalStateException "semaphore or lock released too many times" if there would be more than
     *     2<sup>31</sup> - 1, or more than a {@link BoundedSemaphore}'s at first
     */
    public final void release() {
        release(UNTRACKED);
    }

    /** The permits at this moment. Mirrors {@code get_value()}. */
    public final int getValue() {
        int value = Native.counting_semaphore_value(address);
        Reference.reachabilityFence(this);
        return value;
    }

    /** Whether there are none. Mirrors {@code locked()} of Python 3.14. */
    public final boolean locked() {
        return getValue() == 0;
    }

    /**
     * Takes a permit for a block of code, as Python's {@code with semaphore:} does. If this process dies in it, the
     * permit comes back.
     *
     * @return what gives it back; always the same object
     */
    public final SemLock.Guard hold() {
        acquire(FOREVER, TRACKED);
        return guard;
    }

    // java.util.concurrent's names

    /** As {@link #acquire()}, but for the interrupt, which is seen within some milliseconds. */
    public final void acquireInterruptibly() throws InterruptedException {
        acquire(new Slices(FOREVER));
    }

    /** As {@code acquire(false)}. */
    public final boolean tryAcquire() {
        return acquire(0, UNTRACKED);
    }

    /** As {@link #acquire(Duration)}, but for the interrupt, which is seen within some milliseconds. */
    public final boolean tryAcquire(long time, TimeUnit unit) throws InterruptedException {
        return acquire(new Slices(Math.max(0, unit.toNanos(time))));
    }

    private boolean acquire(long timeout, int tracked) {
        int how = Native.counting_semaphore_acquire(address, thisThread(), timeout, tracked, 0);
        Reference.reachabilityFence(this);
        return how != Native.acquire_timed_out;
    }

    private boolean acquire(Slices slices) throws InterruptedException {
        while (true) {
            int how = Native.counting_semaphore_acquire(
                    address, thisThread(), slices.nextUnlessInterrupted(), UNTRACKED, slices.start());
            Reference.reachabilityFence(this);
            if (how != Native.acquire_timed_out) {
                return true;
            }
            if (slices.over()) {
                return false;
            }
        }
    }

    private void release(int tracked) {
        int released = Native.counting_semaphore_release(address, tracked);
        Reference.reachabilityFence(this);
        if (released == 0) {
            throw new IllegalStateException(Lock.TOO_OFTEN);
        }
    }

    final int bound() {
        int bound = Native.counting_semaphore_bound(address);
        Reference.reachabilityFence(this);
        return bound;
    }

    /** As Python's repr: {@code <Semaphore(value=2)>}. */
    @Override
    public String toString() {
        return "<Semaphore(value=" + getValue() + ")>";
    }

    @Override
    final Reduced reduced(Block state) {
        return new Reduced(
                this instanceof BoundedSemaphore ? Reduced.Kind.BOUNDED_SEMAPHORE : Reduced.Kind.SEMAPHORE, state);
    }
}
