package org.multiprocessing4j;

import java.io.Serial;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Slices;

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

    private static final long PERMITS = Native.counting_semaphore_contended - 1;
    private static final long NOT_FREE = Native.counting_semaphore_contended | Native.counting_semaphore_booking;
    private static final VarHandle WORD =
            MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    /** The word with the permits: bindings.hpp says what may be done to it without the library. */
    private final transient ByteBuffer state;

    /** The most permits there may be. */
    private final transient int bound;

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
        this.state = memory();
        this.bound = bound;
    }

    /** One that another process made. */
    Semaphore(Block block) {
        super(block);
        this.state = memory();
        this.bound = Native.counting_semaphore_bound(address);
    }

    /** As the library does where there is a permit and nothing else is to be done; it costs a third. */
    private boolean takeFree() {
        long word = (long) WORD.getVolatile(state, 0);
        return (word & PERMITS) != 0 && (word & Native.counting_semaphore_booking) == 0
                && WORD.compareAndSet(state, 0, word, word - 1 + Native.counting_semaphore_version);
    }

    /** As the library does where nobody is to be woken and nothing else is to be done. */
    private boolean giveFreely() {
        long word = (long) WORD.getVolatile(state, 0);
        return (word & NOT_FREE) == 0 && (word & PERMITS) < bound
                && WORD.compareAndSet(state, 0, word, word + 1 + Native.counting_semaphore_version);
    }

    // Python's names

    /**
     * Takes a permit; blocks until there is one.
     *
     * @return true
     */
    public final boolean acquire() {
        return takeFree() || acquire(FOREVER, UNTRACKED);
    }

    /**
     * Takes a permit.
     *
     * @param block false only tries
     * @return whether one was taken
     */
    public final boolean acquire(boolean block) {
        return takeFree() || acquire(block ? FOREVER : 0, UNTRACKED);
    }

    /**
     * Takes a permit, and waits for it at most that long.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @return whether one was taken
     */
    public final boolean acquire(Duration timeout) {
        return takeFree() || acquire(nanos(timeout), UNTRACKED);
    }

    /**
     * Adds a permit.
     *
     * @throws IllegalStateException "semaphore or lock released too many times" if there would be more than
     *     2<sup>31</sup> - 1, or more than a {@link BoundedSemaphore}'s at first
     */
    public final void release() {
        if (!giveFreely()) {
            release(UNTRACKED);
        }
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
        return takeFree() || acquire(0, UNTRACKED);
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
