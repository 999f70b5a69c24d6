package org.multiprocessing4j;

import java.io.Serial;
import java.io.Serializable;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.util.Slices;

/**
 * Lets so many threads pass only together. Mirrors {@code multiprocessing.Barrier}; its {@code wait} is called {@code
 * await} here, as in {@link java.util.concurrent.CyclicBarrier}, and Python's BrokenBarrierError is a {@link
 * BrokenBarrierException}.
 *
 * <p>For threads of any processes. It breaks, for all that wait and for all that come until it is {@link #reset()}, if
 * one of them waits for too long or is interrupted, if the action fails, on {@link #abort()}; and, since nobody waits
 * for the dead, if a process dies that waits with others, or that passed the last time and did not end by itself since.
 */
public final class Barrier extends SyncObject {

    @Serial
    private static final long serialVersionUID = 1L;

    private final transient Action action;
    private final transient Duration timeout;

    /** What is done when all have arrived, by the last one, before any of them passes. Travels with the barrier. */
    @FunctionalInterface
    public interface Action extends Runnable, Serializable {}

    /** A barrier without an action, at which one waits for ever. */
    public Barrier(int parties) {
        this(parties, null, null);
    }

    /** A barrier at which one waits for ever. */
    public Barrier(int parties, Action action) {
        this(parties, action, null);
    }

    /**
     * A barrier.
     *
     * @param parties how many have to come; up to 2<sup>22</sup> - 1
     * @param action null for none
     * @param timeout what {@link #await()} waits at most; null: for ever
     * @throws IllegalArgumentException if there cannot be so many parties
     * @throws org.multiprocessing4j.posix.OSException ENOMEM, ENOSPC, EMFILE
     */
    public Barrier(int parties, Action action, Duration timeout) {
        this(Block.forSync(Native.sync_barrier), action, timeout);
        if (Native.barrier_init(address, parties) < 0) {
            throw new IllegalArgumentException("Barrier for " + parties + " parties");
        }
    }

    Barrier(Block state, Action action, Duration timeout) {
        super(state);
        this.action = action;
        this.timeout = timeout;
    }

    /**
     * Waits for all, at most as long as the constructor was told. Mirrors {@code wait()}.
     *
     * @return a number from 0 to {@code parties() - 1}, another one for each
     * @throws BrokenBarrierException if the barrier is broken, or breaks or is reset meanwhile
     * @throws InterruptedException if this thread is interrupted, which is seen within some milliseconds; the others'
     *     wait ends too, as the barrier breaks
     */
    public int await() throws InterruptedException, BrokenBarrierException {
        return await(timeout == null ? FOREVER : nanos(timeout));
    }

    /**
     * Waits for all, at most that long. Mirrors {@code wait(timeout)}.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @return as {@link #await()}
     * @throws BrokenBarrierException also if the time runs out, for all that wait
     */
    public int await(Duration timeout) throws InterruptedException, BrokenBarrierException {
        return await(nanos(timeout));
    }

    private int await(long nanos) throws InterruptedException, BrokenBarrierException {
        try {
            if (Thread.interrupted()) {
                abort();
                throw new InterruptedException();
            }
            Slices slices = new Slices(nanos);
            long ticket = Native.barrier_arrive(address, thisThread(), nanos, action == null ? 0 : 1);
            if (ticket == Native.barrier_is_broken) {
                throw new BrokenBarrierException();
            }
            int index = (ticket & Native.barrier_run_action) != 0 ? runAction(ticket) : sleep(ticket, slices);
            if (index < 0) {
                throw new BrokenBarrierException();
            }
            return index;
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** @return the index, or that it is broken */
    private int sleep(long ticket, Slices slices) throws InterruptedException {
        while (true) {
            int index = Native.barrier_sleep(address, ticket, slices.next());
            if (index != Native.barrier_still_waiting) {
                return index;
            }
            boolean interrupted = Thread.interrupted();
            if (interrupted || slices.over()) {
                return giveUp(ticket, interrupted);
            }
        }
    }

    /** At the last moment it may have passed all the same. */
    private int giveUp(long ticket, boolean interrupted) throws InterruptedException {
        int index = breakRound(ticket);
        if (interrupted && index < 0) {
            throw new InterruptedException();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return index;
    }

    private int breakRound(long ticket) {
        Native.barrier_break(address, ticket);
        return Native.barrier_sleep(address, ticket, 0);
    }

    private int runAction(long ticket) {
        try {
            action.run();
        } catch (RuntimeException | Error e) {
            breakRound(ticket);
            throw e;
        }
        return Native.barrier_open(address, ticket);
    }

    /** Breaks the barrier. */
    public void abort() {
        Native.barrier_abort(address);
        Reference.reachabilityFence(this);
    }

    /** Makes the barrier as new; for those that wait it is broken. */
    public void reset() {
        Native.barrier_reset(address);
        Reference.reachabilityFence(this);
    }

    /** Whether it is broken. */
    public boolean broken() {
        boolean broken = Native.barrier_broken(address) != 0;
        Reference.reachabilityFence(this);
        return broken;
    }

    /** How many have to come. */
    public int parties() {
        int parties = Native.barrier_parties(address);
        Reference.reachabilityFence(this);
        return parties;
    }

    /** How many wait at this moment. Mirrors {@code n_waiting}. */
    public int nWaiting() {
        int waiting = Native.barrier_waiting(address);
        Reference.reachabilityFence(this);
        return waiting;
    }

    /** As Python's repr: {@code <multiprocessing.synchronize.Barrier at 0x1b2c3d: waiters=0/3>}. */
    @Override
    public String toString() {
        String state = broken() ? "broken" : "waiters=" + nWaiting() + "/" + parties();
        return "<multiprocessing.synchronize.Barrier at 0x" + Integer.toHexString(hashCode()) + ": " + state + ">";
    }

    @Override
    Reduced reduced(Block state) {
        return new Reduced(Reduced.Kind.BARRIER, state, action, timeout == null ? null : nanos(timeout));
    }
}
