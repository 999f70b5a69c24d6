package org.multiprocessing4j.pool;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.RawArray;

/**
 * Where a worker may put the large arrays of its results: two places, so that it can go on while the parent reads. They
 * are made when such arrays have come in messages, and larger ones when they were too small. Thread-safe.
 */
final class Landings implements Carrier {

    static final int PLACES = 2;

    private final Exchange exchange;
    private final RawArray<Long> cells;
    private final int word;
    private final int generation;
    private final List<Exchange.Piece> pieces = new ArrayList<>();
    private int capacity;
    private int wanted;
    private int seen;
    private long carried;

    /**
     * A worker's.
     *
     * @param word the first of the words that tell which place is in use; the others follow
     * @param generation the worker's
     */
    Landings(Exchange exchange, RawArray<Long> cells, int word, int generation) {
        this.exchange = exchange;
        this.cells = cells;
        this.word = word;
        this.generation = generation;
        for (int place = 0; place < PLACES; place++) {
            landed(place);
        }
    }

    /** Appends to a message for the worker what it has to know. */
    synchronized void announce(Bytes out) {
        if (wanted <= capacity) {
            return;
        }
        for (int place = 0; place < PLACES; place++) {
            Exchange.Piece piece = exchange.take(wanted);
            if (piece == null) {
                wanted = capacity;
                return;
            }
            pieces.add(piece);
            out.putByte(PoolWorker.LANDING);
            out.putInt(generation);
            out.putByte(place);
            piece.describe(out);
            if (place == PLACES - 1) {
                capacity = piece.capacity;
            }
        }
    }

    @Override
    public ByteBuffer put(Bytes out, int length) {
        throw new IllegalStateException("results are not written where they are read");
    }

    @Override
    public synchronized ByteBuffer get(Bytes in, int length) {
        long id = in.getLong();
        int at = in.getInt();
        seen += length;
        carried += length;
        return pieces.stream().filter(piece -> piece.id == id).findFirst().orElseThrow().slice(at, length);
    }

    @Override
    public synchronized void missed(int length) {
        seen += length;
    }

    /** A message has been read. @param place which it used; negative: none */
    synchronized void landed(int place) {
        wanted = Math.max(wanted, seen);
        seen = 0;
        if (place >= 0) {
            cells.setLongVolatile(word + place, 0);
        }
    }

    /** How many bytes have come this way. */
    synchronized long carried() {
        return carried;
    }

    /** The worker has ended. */
    synchronized void end() {
        pieces.forEach(exchange::give);
        pieces.clear();
    }
}
