package org.multiprocessing4j;

import java.io.Serial;
import java.lang.ref.Reference;
import java.time.Duration;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Slices;

/**
 * A flag to wait for. Mirrors {@code multiprocessing.Event}; its {@code wait} is called {@code await} here, since every
 * Java object has a {@code wait} already.
 *
 * <p>For any number of threads and processes at once. No lock is behind it: whoever is killed in one of its methods
 * leaves nothing half done, and nobody waits for the dead.
 */
public final class Event extends SyncObject {

    @Serial
    private static final long serialVersionUID = 1L;

    /**
     * An event that is not set.
     *
     * @throws OSException ENOMEM, ENOSPC, EMFILE
     */
    public Event() {
        super(Block.forSync(Native.sync_event));
        OSException.check(Native.event_init(address));
    }

    /** One that another process made. */
    Event(Block state) {
        super(state);
    }

    /** Whether it is set. */
    public boolean isSet() {
        boolean set = Native.event_is_set(address) != 0;
        Reference.reachabilityFence(this);
        return set;
    }

    /** Sets it, and wakes all that wait, even if it is cleared at once. */
    public void set() {
        Native.event_set(address);
        Reference.reachabilityFence(this);
    }

    /** Makes it unset again. */
    public void clear() {
        Native.event_clear(address);
        Reference.reachabilityFence(this);
    }

    /**
     * Blocks until it is set.
     *
     * @return true
     * @throws InterruptedException if the thread is interrupted; that is seen within some milliseconds
     */
    public boolean await() throws InterruptedException {
        return await(new Slices(FOREVER));
    }

    /**
     * Blocks until it is set, at most that long.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @return false if the time ran out
     * @throws InterruptedException if the thread is interrupted; that is seen within some milliseconds
     */
    public boolean await(Duration timeout) throws InterruptedException {
        return await(new Slices(nanos(timeout)));
    }

    private boolean await(Slices slices) throws InterruptedException {
        boolean set;
        do {
            set = Native.event_wait(address, slices.nextUnlessInterrupted()) != 0;
            Reference.reachabilityFence(this);
        } while (!set && !slices.over());
        return set;
    }

    /** As Python's repr: {@code <Event at 0x1b2c3d set>}. */
    @Override
    public String toString() {
        return "<Event at 0x" + Integer.toHexString(hashCode()) + (isSet() ? " set>" : " unset>");
    }

    @Override
    Reduced reduced(Block state) {
        return new Reduced(Reduced.Kind.EVENT, state);
    }
}
