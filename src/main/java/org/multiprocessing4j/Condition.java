package org.multiprocessing4j;

import java.io.Serial;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Slices;

/**
 * A condition with its lock: who holds the lock waits until another one says that something has changed. Mirrors {@code
 * multiprocessing.Condition}, and is a {@link java.util.concurrent.locks.Condition} of that lock.
 *
 * <p>Python's {@code wait} and {@code notify} are called {@code await} and {@code signal}, as in that interface: the
 * other names every Java object has already.
 *
 * <p>For any number of threads and processes at once; 63 may wait to be notified one by one, the first first, and those
 * beyond are notified all together. A wait never ends without a notification, unless its time runs out. A signal waits
 * for nobody; if the one it was for is killed, it goes to another that was waiting then.
 *
 * <p>As in Python, who waits or signals without the lock is told so by an exception, here an {@link
 * IllegalStateException} (AssertionError).
 */
public final class Condition extends SyncObject implements java.util.concurrent.locks.Condition {

    @Serial
    private static final long serialVersionUID = 1L;

    private static final int ALL = -1;

    private final transient SemLock lock;

    /** A condition with a new {@link RLock}. */
    public Condition() {
        this(new RLock());
    }

    /**
     * A condition.
     *
     * @param lock its lock, which others may use as well
     * @throws OSException ENOMEM, ENOSPC, EMFILE
     */
    public Condition(SemLock lock) {
        super(Block.forSync(Native.sync_condition));
        this.lock = lock;
        OSException.check(Native.condition_init(address));
    }

    /** One that another process made. */
    Condition(SemLock lock, Block state) {
        super(state);
        this.lock = lock;
    }

    // The lock's

    /** The condition's lock. */
    public SemLock getLock() {
        return lock;
    }

    /** Takes the lock: {@link SemLock#acquire()}. */
    public boolean acquire() {
        return lock.acquire();
    }

    /** Takes the lock: {@link SemLock#acquire(boolean)}. */
    public boolean acquire(boolean block) {
        return lock.acquire(block);
    }

    /** Takes the lock: {@link SemLock#acquire(Duration)}. */
    public boolean acquire(Duration timeout) {
        return lock.acquire(timeout);
    }

    /** Releases the lock once: {@link SemLock#release()}. */
    public void release() {
        lock.release();
    }

    /** Takes the lock for a block of code, as Python's {@code with condition:} does: {@link SemLock#hold()}. */
    public SemLock.Guard hold() {
        return lock.hold();
    }

    // To wait

    /**
     * Releases the lock, however often this thread holds it, blocks until it is notified, and takes the lock as often
     * again. Mirrors {@code wait()}.
     *
     * @throws IllegalStateException "must acquire() condition before using wait()"
     * @throws InterruptedException if the thread is interrupted, which is seen within some milliseconds; it has the
     *     lock then too
     */
    @Override
    public void await() throws InterruptedException {
        await(FOREVER);
    }

    /**
     * As {@link #await()}, at most that long. Taking the lock again may last longer. Mirrors {@code wait(timeout)}.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @return false if the time ran out
     */
    public boolean await(Duration timeout) throws InterruptedException {
        return await(nanos(timeout));
    }

    /** As {@link #await(Duration)}. */
    @Override
    public boolean await(long time, TimeUnit unit) throws InterruptedException {
        return await(Math.max(0, unit.toNanos(time)));
    }

    /**
     * As {@link #await(Duration)}.
     *
     * @return what is left of the time: not more than 0 if it ran out
     */
    @Override
    public long awaitNanos(long timeout) throws InterruptedException {
        Slices slices = new Slices(timeout);
        await(Math.max(0, timeout));
        return slices.left();
    }

    /** As {@link #await(Duration)}, until that moment as it is computed now: the clock may be set meanwhile. */
    @Override
    public boolean awaitUntil(Date deadline) throws InterruptedException {
        long left = deadline.getTime() - System.currentTimeMillis();
        return await(left, TimeUnit.MILLISECONDS);
    }

    /** As {@link #await()}, and stays blocked through {@link Thread#interrupt()}. */
    @Override
    public void awaitUninterruptibly() {
        long ticket = enter();
        Native.condition_sleep(address, lock.address, thisThread(), ticket, FOREVER);
        leave(ticket);
    }

    /**
     * Waits until something is true; it is asked with the lock held, at first and after each notification. Mirrors
     * {@code wait_for()}.
     *
     * @return true
     */
    public boolean waitFor(BooleanSupplier predicate) throws InterruptedException {
        while (!predicate.getAsBoolean()) {
            await();
        }
        return true;
    }

    /**
     * Waits until something is true, at most that long. Mirrors {@code wait_for(predicate, timeout)}.
     *
     * @return what the predicate answered last
     */
    public boolean waitFor(BooleanSupplier predicate, Duration timeout) throws InterruptedException {
        Slices slices = new Slices(nanos(timeout));
        boolean answer = predicate.getAsBoolean();
        while (!answer && !slices.over()) {
            await(Math.max(0, slices.left()));
            answer = predicate.getAsBoolean();
        }
        return answer;
    }

    /** How long to sleep is in nanoseconds; negative: for ever. */
    private boolean await(long timeout) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        Slices slices = new Slices(timeout);
        long ticket = enter();
        boolean interrupted;
        boolean notified;
        do {
            notified = Native.condition_sleep(address, lock.address, thisThread(), ticket, slices.next()) != 0;
            interrupted = !notified && Thread.interrupted();
        } while (!notified && !interrupted && !slices.over());
        notified = leave(ticket);
        if (interrupted && !notified) {
            throw new InterruptedException();
        }
        if (interrupted) { // and notified at last: that must not be lost, nor the interrupt
            Thread.currentThread().interrupt();
        }
        return notified;
    }

    /** Releases the lock. */
    private long enter() {
        lock.leaving();
        long ticket = Native.condition_enter(address, lock.address, thisThread());
        if (ticket < 0) {
            throw new IllegalStateException("must acquire() condition before using wait()");
        }
        return ticket;
    }

    /** Takes the lock again, through a deadlock too: that is told of. @return whether it was notified */
    private boolean leave(long ticket) {
        int how = Native.condition_leave(address, lock.address, thisThread(), ticket, 0);
        if (how < 0) {
            DeadlockWatch.log(how);
            long since = DeadlockWatch.beginOfWait();
            do { // once more it may be found, since the wait has another beginning
                how = Native.condition_leave(address, lock.address, thisThread(), ticket, since);
            } while (how < 0);
        }
        lock.entered();
        Reference.reachabilityFence(this);
        return how != 0;
    }

    // To notify

    /**
     * Wakes one of those that wait. Mirrors {@code notify()}.
     *
     * @throws IllegalStateException "lock is not owned"
     */
    @Override
    public void signal() {
        notifySome(1);
    }

    /**
     * Wakes so many of those that wait, or all if there are less. Mirrors {@code notify(n)}.
     *
     * @throws IllegalStateException "lock is not owned"
     */
    public void signal(int count) {
        notifySome(Math.max(0, count));
    }

    /**
     * Wakes all that wait. Mirrors {@code notify_all()}.
     *
     * @throws IllegalStateException "lock is not owned"
     */
    @Override
    public void signalAll() {
        notifySome(ALL);
    }

    private void notifySome(int count) {
        int how = Native.condition_notify(address, lock.address, thisThread(), count);
        Reference.reachabilityFence(this);
        if (how < 0) {
            throw new IllegalStateException("lock is not owned");
        }
    }

    /** As Python's repr: {@code <Condition(<RLock(MainProcess, 1)>, 0)>}, with how many wait. */
    @Override
    public String toString() {
        int waiters = Native.condition_waiters(address);
        Reference.reachabilityFence(this);
        return "<Condition(" + lock + ", " + waiters + ")>";
    }

    @Override
    Reduced reduced(Block state) {
        return new Reduced(Reduced.Kind.CONDITION, state, lock);
    }
}
