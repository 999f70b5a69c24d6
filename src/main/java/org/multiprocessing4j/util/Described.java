package org.multiprocessing4j.util;

import java.io.ObjectInputFilter;

/**
 * What a filter is asked about an object that does not come through JDK serialization.
 *
 * @param serialClass its class
 * @param arrayLength of a byte array; otherwise -1
 */
public record Described(Class<?> serialClass, long arrayLength) implements ObjectInputFilter.FilterInfo {
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
