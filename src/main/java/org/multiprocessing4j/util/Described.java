package org.multiprocessing4j.util;

import java.io.InvalidClassException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputFilter.Status;

/**
 * What a filter is asked about an object that does not come through JDK serialization.
 *
 * @param serialClass its class
 * @param arrayLength of a byte array; otherwise -1
 */
public record Described(Class<?> serialClass, long arrayLength) implements ObjectInputFilter.FilterInfo {

    /**
     * Asks a filter as {@link java.io.ObjectInputStream} does: what it leaves undecided is allowed, and what it throws
     * is a refusal.
     *
     * @param filter null allows everything
     * @throws InvalidClassException if it refuses the class
     */
    public static void check(ObjectInputFilter filter, Class<?> type, long arrayLength) throws InvalidClassException {
        if (filter == null) {
            return;
        }
        RuntimeException thrown = null;
        Status status = Status.REJECTED;
        try {
            status = filter.checkInput(new Described(type, arrayLength));
        } catch (RuntimeException e) {
            thrown = e;
        }
        if (status == null || status == Status.REJECTED) {
            InvalidClassException refused = new InvalidClassException(type.getName(), "filter status: " + status);
            refused.initCause(thrown);
            throw refused;
        }
    }

    @Override
    public long depth() {
        return 1;
    }

    @Override
    public long references() {
        return 1;
    }

    @Override
    public long streamBytes() {
        return Math.max(0, arrayLength);
    }
}
