package org.multiprocessing4j;

import java.io.Serializable;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;

/**
 * What {@link Lock} and {@link RLock} have in common: a semaphore in shared memory, and this process's own record of
 * the
 * thread that holds it. Mirrors {@code synchronize.SemLock} and {@code _multiprocessing.SemLock}.
 *
 * <p>For any number of threads and processes at once. An uncontended acquire or release makes no system call and
 * allocates nothing. Neither kind is fair: who comes while it is free gets it. A blocked thread stays blocked through
 * {@link Thread#interrupt()}, except in {@link #lockInterruptibly()} and {@link #tryLock(long, TimeUnit)}; a blocked
 * virtual thread occupies its carrier.
 *
 * <p>A lock travels to a child as an argument or captured by its target, and is serializable at no other time. Its
 * memory goes when no process uses it any more. If a process is killed while it holds the lock, the lock stays
 * taken, as
 * in Python.
 */
public abstract sealed class SemLock implements java.util.concurrent.locks.Lock, Serializable permits Lock, RLock {

    private static final long serialVersionUID = 1L;

    /** How long an interruptible wait may overlook an interrupt: no signal reaches a thread inside sem_clockwait. */
    private static final long INTERRUPT_CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final transient Block block;
    private final transient long semaphore;
    private final transient Guard guard = this::release;

    /**
     * The thread of this process that took it last, and how often it holds it. Written by the holder alone. An RLock
     * forgets the thread when it is released: so no thread, however late it sees another's writes, takes itself for the
     * holder.
     */
    transient Thread owner;

    transient int count;

    /** The process that took it: after a live fork what the parent holds is the parent's. */
    private transient int generation;

    SemLock(Block block) {
        this.block = block;
        this.semaphore = block.address();
    }

    static Block newSemaphore() {
        Block block = Block.malloc(org.multiprocessing4j.posix.Semaphore.BYTES);
        OSException.check(Native.semaphore_init(block.address(), 1));
        return block;
    }

    /** Releases the lock it was taken from: see {@link #hold()}. */
    @FunctionalInterface
    public interface Guard extends AutoCloseable {
        /** Releases the lock. */
        @Override
        void close();
    }

    // Python's names

    /**
     * Takes the lock; blocks until it is free.
     *
     * @return true
     */
    public final boolean acquire() {
        if (!enter()) {
            OSException.check(Native.semaphore_wait(semaphore));
            taken();
        }
        return true;
    }

    /**
     * Takes the lock.
     *
     * @param block false only tries
     * @return whether it was taken
     */
    public final boolean acquire(boolean block) {
        if (block) {
            return acquire();
        }
        return enter() || taken(OSException.check(Native.semaphore_try_wait(semaphore)) != 0);
    }

    /**
     * Takes the lock, and waits for it at most that long.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @return whether it was taken
     */
    public final boolean acquire(Duration timeout) {
        return enter() || taken(timedWait(nanos(timeout)));
    }

    /**
     * Releases the lock once.
     *
     * @throws IllegalStateException if it is not held: see the kinds
     */
    public final void release() {
        leave();
        Reference.reachabilityFence(this);
    }

    /** Whether any thread of any process holds the lock at this moment. Mirrors {@code locked()} of Python 3.14. */
    public final boolean locked() {
        boolean taken = OSException.check(Native.semaphore_value(semaphore)) == 0;
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

    /** Where the semaphore lies, for programs that this library did not start. */
    public final SharedHandle handle() {
        return block.handle();
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
        while (!tryLock(Long.MAX_VALUE, TimeUnit.NANOSECONDS)) {
            continue; // three hundred years have passed
        }
    }

    /** As {@code acquire(false)}. */
    @Override
    public final boolean tryLock() {
        return acquire(false);
    }

    /** As {@link #acquire(Duration)}, but for the interrupt, which is seen within some milliseconds. */
    @Override
    public final boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (enter()) {
            return true;
        }
        long left = unit.toNanos(time);
        long start = System.nanoTime();
        while (true) {
            if (taken(timedWait(Math.min(left, INTERRUPT_CHECK_NANOS)))) {
                return true;
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            left = unit.toNanos(time) - (System.nanoTime() - start);
            if (left <= 0) {
                return false;
            }
        }
    }

    /** As {@link #release()}. */
    @Override
    public final void unlock() {
        release();
    }

    /**
     * Not offered: a condition between processes is an object of its own.
     *
     * @throws UnsupportedOperationException always
     */
    @Override
    public final Condition newCondition() {
        throw new UnsupportedOperationException("a lock between processes has no conditions of its own");
    }

    // What the kinds differ in

    /** Whether the calling thread holds the lock already, and takes it once more so. */
    abstract boolean enter();

    abstract void leave();

    final boolean isMine() {
        return count > 0 && owner == Thread.currentThread() && generation == Jvm.generation();
    }

    /** Posts the semaphore unless the lock is free. */
    final boolean post() {
        return OSException.check(Native.semaphore_post_bounded(semaphore, 1)) != 0;
    }

    private void taken() {
        owner = Thread.currentThread();
        generation = Jvm.generation();
        count = 1;
        Reference.reachabilityFence(this);
    }

    private boolean taken(boolean taken) {
        if (taken) {
            taken();
        }
        return taken;
    }

    private boolean timedWait(long nanos) {
        return OSException.check(Native.semaphore_timed_wait(semaphore, nanos)) != 0;
    }

    private static long nanos(Duration timeout) {
        try {
            return Math.max(0, timeout.toNanos());
        } catch (ArithmeticException e) { // more than 292 years
            return timeout.isNegative() ? 0 : Long.MAX_VALUE;
        }
    }

    /** Who holds the lock, in the words of Python's repr. */
    final String holder(String otherThread, String otherProcess) {
        if (isMine()) {
            String process = Multiprocessing.currentProcess().name();
            String thread = Thread.currentThread().getName();
            return thread.equals("main") ? process : process + "|" + thread;
        }
        if (!locked()) {
            return "None";
        }
        return count > 0 && generation == Jvm.generation() ? otherThread : otherProcess;
    }

    final Object writeReplace() {
        Handover.sending(getClass().getSimpleName() + " objects");
        return new Serialized(this instanceof RLock, block);
    }

    private record Serialized(boolean recursive, Block block) implements Serializable {
        private Object readResolve() {
            return recursive ? new RLock(block) : new Lock(block);
        }
    }
}
