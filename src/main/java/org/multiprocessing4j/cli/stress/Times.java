package org.multiprocessing4j.cli.stress;

import java.util.Arrays;
import java.util.Locale;

/** Durations, of which the middle and the greatest are told. Used by one thread. */
final class Times {
    private static final double NANOS_PER_MILLI = 1e6;

    private long[] nanos = new long[64];
    private int size;

    void add(long duration) {
        if (size == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * size);
        }
        nanos[size++] = duration;
    }

    /** The least duration that so large a part of all do not exceed, in milliseconds; NaN if there are none. */
    double quantile(double part) {
        if (size == 0) {
            return Double.NaN;
        }
        long[] sorted = Arrays.copyOf(nanos, size);
        Arrays.sort(sorted);
        return sorted[Math.max(0, (int) Math.ceil(part * size) - 1)] / NANOS_PER_MILLI;
    }

    /** Median and 99th percentile in milliseconds. */
    @Override
    public String toString() {
        return size == 0 ? "-" : String.format(Locale.ROOT, "%.2f / %.2f", quantile(0.5), quantile(0.99));
    }
}
