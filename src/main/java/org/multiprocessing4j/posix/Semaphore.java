package org.multiprocessing4j.posix;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Native;

/**
 * An unnamed process-shared semaphore in a {@link Mapping}. Source: sem_overview(7). For use by several processes and
 * threads at once. A blocked thread is not interruptible.
 */
public final class Semaphore {

    /** The size of a {@code sem_t} in bytes. */
    public static final int BYTES = 32;

    private final Mapping mapping;
    private final int offset;

    Semaphore(Mapping mapping, int offset, int value) {
        if (offset < 0 || offset % 8 != 0 || offset > mapping.size() - BYTES) {
            throw new IllegalArgumentException(
                    "offset " + offset + " must be a multiple of 8 and leave " + BYTES + " bytes of " + mapping.size());
        }
        this.mapping = mapping;
        this.offset = offset;
        OSException.check(Native.semaphore_init(address(), value));
    }

    private long address() {
        return mapping.address() + offset;
    }

    /** sem_wait(3): takes a permit, blocks until there is one. Named with an underscore for Object.wait's sake. */
    public void wait_() {
        OSException.check(Native.semaphore_wait(address()));
    }

    /** sem_trywait(3): takes a permit if there is one, and answers whether it did. */
    public boolean tryWait() {
        return OSException.check(Native.semaphore_try_wait(address())) != 0;
    }

    /** Waits at most that long, by the monotonic clock; answers whether it took a permit. */
    public boolean timedWait(Duration timeout) {
        return OSException.check(Native.semaphore_timed_wait(address(), TimeUnit.NANOSECONDS.convert(timeout))) != 0;
    }

    /** sem_post(3): gives a permit back. */
    public void post() {
        OSException.check(Native.semaphore_post(address()));
    }

    /** sem_getvalue(3): the permits at this moment. */
    public int value() {
        return OSException.check(Native.semaphore_value(address()));
    }

    /** sem_destroy(3). Nobody may wait for it then, nor use it again. */
    public void destroy() {
        OSException.check(Native.semaphore_destroy(address()));
    }
}
