package org.multiprocessing4j;

/**
 * The indices that a Python slice selects from a sequence. Mirrors {@code PySlice_AdjustIndices}.
 *
 * @param start the first index
 * @param step the distance to the next, not 0
 * @param count how many there are
 */
record Slice(int start, int step, int count) {
    /**
     * @param start null for the sequence's beginning, or its end if the step is negative
     * @param stop the first index not selected; null for beyond the end, or before the beginning
     * @param step null for 1
     * @param length the sequence's length
     * @throws IllegalArgumentException "slice step cannot be zero"
     */
    static Slice of(Integer start, Integer stop, Integer step, int length) {
        int by = step == null ? 1 : step;
        if (by == 0) {
            throw new IllegalArgumentException("slice step cannot be zero");
        }
        boolean forward = by > 0;
        int low = forward ? 0 : -1;
        int high = forward ? length : length - 1;
        int first = start == null ? (forward ? low : high) : clip(start, length, low, high);
        int last = stop == null ? (forward ? high : low) : clip(stop, length, low, high);
        long distance = forward ? (long) last - first : (long) first - last;
        long width = Math.abs((long) by);
        return new Slice(first, by, (int) Math.max(0, (distance + width - 1) / width));
    }

    /** The index of the i-th element. */
    int index(int i) {
        return start + i * step;
    }

    private static int clip(int index, int length, int low, int high) {
        int fromStart = index < 0 ? index + length : index;
        return Math.max(low, Math.min(high, fromStart));
    }
}
