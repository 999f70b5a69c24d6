package org.multiprocessing4j;

import java.io.Serial;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.util.Slices;

/**
 * What {@link Lock} and {@link RLock} have in common: a word in shared memory that names its owner. Mirrors {@code
 * synchronize.SemLock} and {@code _multiprocessing.SemLock}.
 *
 * <p>For any number of threads and processes at once. An uncontended acquire or release makes no system call and
 * allocates nothing. Neither kind is fair: who comes while it is free gets it. A blocked thread stays blocked through
 * {@link Thread#interrupt()}, except in {@link #lockInterruptibly()} and {@link #tryLock(long, TimeUnit)}; a blocked
 * virtual thread occupies its carrier.
 *
 * <p><b>Nobody waits for the dead.</b> If a process ends while it holds the lock, killed or not, the next acquire takes
 * it, within 100 ms if it is blocked already, and {@link #recovered()} is true until that one releases it: what the
 * lock protects may be half changed. It is no exception, as most code has nothing to mend and would have to release the
 * lock all the same. (In CPython the lock stays taken.) A thread that ends takes nothing with it.
 *
 * <p>If threads wait for each other in a circle, of whatever processes, a warning is logged after a second:
 * {@link Deadlock} says what else is possible.
 *
 * <p>A lock travels to a child as an argument or captured by its target, and is serializable at no other time. Its
 * memory goes when no process uses it any more. A forked child is a process of its own: what its parent holds is its
 * parent's.
 */
public abstract sealed class SemLock extends SyncObject implements java.util.concurrent.locks.Lock
        permits Lock, RLock {

    @Serial
    private static final long serialVersionUID = 1L;

    private static final int NAME_BYTES = 64;

    static {
        DeadlockWatch.begin();
    }

    private final transient Guard guard = new Guard() {
        @Override
        public void close() {
            release();
        }
    };

    /** A free lock. */
    SemLock(int kind, String name) {
        super(Block.forSync(kind));
        byte[] bytes = nameBytes(name);
        OSException.check(Native.lock_init(address, kind == Native.sync_rlock ? 1 : 0, bytes, bytes.length));
    }

    /** One that another process made. */
    SemLock(Block state) {
        super(state);
    }

    /** Releases the lock it was taken from: see {@link #hold()}. */
    @FunctionalInterface
    public interface Guard extends AutoCloseable {
        /** Releases the lock. */
        @Override
        void close();
    }

    /**
     * Who held a lock when it died.
     *
     * @param pid the process
     * @param thread its thread: {@link Thread#getId()}, or the negative id that the kernel knows a thread of a C++
     *     program by; 0 if it was killed before it could note that
     */
    public record DeadOwner(int pid, long thread) {}

    // Python's names

    /**
     * Takes the lock; blocks until it is free.
     *
     * @return true
     * @throws DeadlockException if that was asked for: see {@link Deadlock#setAction(Deadlock.Action)}
     */
    public final boolean acquire() {
        if (enterAgain()) {
            return true;
        }
        int how = Native.lock_acquire(address, thisThread(), FOREVER, 0);
        return taken(how < 0 ? waitOn(how, FOREVER, 0) : how);
    }

    /**
     * Takes the lock.
     *
     * @param block false only tries
     * @return whether it was taken
     */
    public final boolean acquire(boolean block) {
        return block ? acquire() : tryLock();
    }

    /**
     * Takes the lock, and waits for it at most that long.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @return whether it was taken
     */
    public final boolean acquire(Duration timeout) {
        if (enterAgain()) {
            return true;
        }
        long nanos = nanos(timeout);
        long start = System.nanoTime();
        int how = Native.lock_acquire(address, thisThread(), nanos, start);
        return taken(how < 0 ? waitOn(how, nanos, start) : how);
    }

    /**
     * Releases the lock once.
     *
     * @throws IllegalStateException if it is not held: see the kinds
     */
    public final void release() {
        if (leaveInner()) {
            return;
        }
        int released = Native.lock_release(address, thisThread());
        Reference.reachabilityFence(this);
        if (released == 0) {
            throw new IllegalStateException(refusal());
        }
    }

    /** Whether a living process holds the lock at this moment. Mirrors {@code locked()} of Python 3.14. */
    public final boolean locked() {
        boolean taken = Native.lock_locked(address) != 0;
        Reference.reachabilityFence(this);
        return taken;
    }

    /**
     * Takes the lock for a block of code, as Python's {@code with lock:} does.
     *
     * <pre>{@code
     * try (var held = lock.hold()) { … }
     * }</pre>
     *
     * @return what releases it; always the same object
     */
    public final Guard hold() {
        acquire();
        return guard;
    }

    // What Python's locks do not know

    /** What reports call the lock; empty if it was made without a name. */
    public final String name() {
        byte[] name = new byte[NAME_BYTES];
        int length = Native.lock_name(address, name, name.length);
        Reference.reachabilityFence(this);
        return new String(name, 0, length, StandardCharsets.UTF_8);
    }

    /**
     * Whether the lock is held at this moment by one who took it from a dead owner. For the holder, who has to mend
     * what the dead one left half done: until it releases the lock, {@link #deadOwner()} is that one.
     */
    public final boolean recovered() {
        boolean recovered = Native.lock_recovered(address) != 0;
        Reference.reachabilityFence(this);
        return recovered;
    }

    /** From whom the lock was taken last because that one had died; empty if that never happened. */
    public final Optional<DeadOwner> deadOwner() {
        int pid = Native.lock_dead_owner(address);
        long thread = Native.lock_dead_owner_thread(address);
        Reference.reachabilityFence(this);
        return pid == 0 ? Optional.empty() : Optional.of(new DeadOwner(pid, thread));
    }

    // java.util.concurrent's names

    /** As {@link #acquire()}. */
    @Override
    public final void lock() {
        acquire();
    }

    /** As {@link #acquire()}, but for the interrupt, which is seen within some milliseconds. */
    @Override
    public final void lockInterruptibly() throws InterruptedException {
        acquire(new Slices(FOREVER));
    }

    /** As {@code acquire(false)}. */
    @Override
    public final boolean tryLock() {
        return enterAgain() || taken(Native.lock_acquire(address, thisThread(), 0, 0));
    }

    /** As {@link #acquire(Duration)}, but for the interrupt, which is seen within some milliseconds. */
    @Override
    public final boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
        return acquire(new Slices(Math.max(0, unit.toNanos(time))));
    }

    /** As {@link #release()}. */
    @Override
    public final void unlock() {
        release();
    }

    /** A new {@link Condition} with this lock. */
    @Override
    public final Condition newCondition() {
        return new Condition(this);
    }

    private boolean acquire(Slices slices) throws InterruptedException {
        boolean told = false;
        while (true) {
            long slice = slices.nextUnlessInterrupted();
            if (enterAgain()) {
                return true;
            }
            int how = Native.lock_acquire(address, thisThread(), slice, slices.start());
            if (how >= 0 && taken(how)) {
                return true;
            }
            if (how < 0 && !told) {
                DeadlockWatch.tell(how);
                told = true;
            }
            if (how == Native.acquire_timed_out && slices.over()) {
                return false;
            }
        }
    }

    /** The wait was given up for a deadlock, which is told of here, and then goes on. */
    private int waitOn(int error, long timeout, long start) {
        DeadlockWatch.tell(error);
        long since = start != 0 ? start : DeadlockWatch.beginOfWait();
        int how;
        do { // once more it may be found, since the wait has another beginning
            long left = timeout < 0 ? FOREVER : Math.max(0, timeout - (System.nanoTime() - start));
            how = Native.lock_acquire(address, thisThread(), left, since);
        } while (how < 0);
        return how;
    }

    private boolean taken(int how) {
        if (how == Native.acquire_timed_out) {
            Reference.reachabilityFence(this);
            return false;
        }
        entered();
        Reference.reachabilityFence(this);
        return true;
    }

    // What the kinds differ in

    /** Takes it once more if it is an RLock of the calling thread. */
    abstract boolean enterAgain();

    /** The calling thread has it now. */
    abstract void entered();

    /** The calling thread is about to give it up altogether, if it has it. */
    abstract void leaving();

    /** Releases it once if the calling thread holds it more than once; else that remains to be done. */
    abstract boolean leaveInner();

    /** Why a release was refused. */
    abstract String refusal();

    /** How often the calling thread holds it. */
    final long depth() {
        long depth = Native.lock_depth(address, thisThread());
        Reference.reachabilityFence(this);
        return depth;
    }

    /** Who holds the lock, in the words of Python's repr. */
    final String holder() {
        if (depth() > 0) {
            String process = Multiprocessing.currentProcess().name();
            String thread = Thread.currentThread().getName();
            return thread.equals("main") ? process : process + "|" + thread;
        }
        int owner = Native.lock_owner(address);
        if (!locked()) {
            return "None";
        }
        return owner == Posix.getpid() ? "SomeOtherThread" : "SomeOtherProcess";
    }

    @Override
    final Reduced reduced(Block state) {
        return new Reduced(this instanceof RLock ? Reduced.Kind.RLOCK : Reduced.Kind.LOCK, state);
    }
}
