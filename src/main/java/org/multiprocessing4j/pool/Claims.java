package org.multiprocessing4j.pool;

import org.multiprocessing4j.RawArray;

/**
 * A worker's record in shared memory of which chunk it has begun, and which ones were taken from it: both in one word,
 * so that a chunk either begins or is taken back, and a worker that was killed at any instruction has begun a chunk
 * that is known. The numbers of chunks wrap around.
 */
final class Claims {

    /** Longs to each worker: a cache line. */
    static final int STRIDE = 8;

    private final RawArray<Long> cells;
    private final int word;

    Claims(RawArray<Long> cells, int slot) {
        this.cells = cells;
        this.word = slot * STRIDE;
    }

    /** From here on the line is for others. */
    int firstFreeWord() {
        return word + 2;
    }

    /** In the worker. @return false if the chunk was taken back */
    boolean claim(int sequence) {
        cells.setLongVolatile(word + 1, System.nanoTime());
        while (true) {
            long seen = cells.getLongVolatile(word);
            if (sequence - (int) seen <= 0) {
                return false;
            }
            // It cannot be taken back any more; and the next ones are not far from it, however many there have been.
            if (cells.compareAndSet(word, seen, pack(sequence, sequence))) {
                return true;
            }
        }
    }

    /** In the parent: takes back what was not begun of all up to {@code last}. @return the one that was begun last */
    int revoke(int last) {
        while (true) {
            long seen = cells.getLongVolatile(word);
            if (cells.compareAndSet(word, seen, pack((int) (seen >>> Integer.SIZE), last))) {
                return (int) (seen >>> Integer.SIZE);
            }
        }
    }

    /** The one that was begun last. */
    int begun() {
        return (int) (cells.getLongVolatile(word) >>> Integer.SIZE);
    }

    /** When that was, or when the next one was about to begin, by System.nanoTime(). */
    long begunAt() {
        return cells.getLongVolatile(word + 1);
    }

    private static long pack(int begun, int revoked) {
        return (long) begun << Integer.SIZE | Integer.toUnsignedLong(revoked);
    }
}
