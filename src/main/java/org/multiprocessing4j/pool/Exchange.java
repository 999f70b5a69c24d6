package org.multiprocessing4j.pool;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;

/**
 * The shared memory in which a pool's large arrays travel. All of it is the parent's, who alone says which piece is
 * used for what, so that a worker may die at any moment; workers open it by the parent's descriptors. Pieces are used
 * again: memory that is there already is what makes them fast. Thread-safe.
 */
final class Exchange {

    /** What is kept for later, at most. */
    private static final long KEPT = 64L << 20;

    /** Of larger arrays the copy is not what takes long. */
    private static final int MOST = 256 << 20;

    /** The bytes of {@link Piece#describe}. */
    static final int DESCRIPTION = 2 * Long.BYTES + 2 * Integer.BYTES;

    private final Map<Integer, Deque<Piece>> free = new HashMap<>();
    private long kept;
    private long lastId;
    private volatile boolean reachable;
    private boolean closed;

    /** A piece of shared memory. */
    static final class Piece {
        final long id;
        final int capacity;
        private final long block;
        private final ByteBuffer memory;

        private Piece(long id, int capacity) {
            this.id = id;
            this.capacity = capacity;
            this.block = OSException.check(Native.block_allocate(capacity));
            this.memory = Jvm.view(Native.block_address(block), capacity);
        }

        ByteBuffer slice(int at, int length) {
            return memory.slice(at, length).order(ByteOrder.nativeOrder());
        }

        /** Where it is, for a {@link Reach}. */
        void describe(Bytes out) {
            out.putLong(id);
            out.putInt(Native.block_fd(block));
            out.putLong(Native.block_offset(block));
            out.putInt(capacity);
        }

        private void close() {
            Native.block_retire(block);
            Native.block_release(block);
        }
    }

    /** A worker has found that it can open the parent's memory. */
    void isReachable() {
        reachable = true;
    }

    /** @return null if there is no memory, or workers cannot reach it: arrays travel in messages then */
    synchronized Piece take(int bytes) {
        if (!reachable || closed || bytes > MOST) {
            return null;
        }
        int capacity = Integer.highestOneBit(bytes - 1) << 1;
        Deque<Piece> pieces = free.get(capacity);
        if (pieces != null && !pieces.isEmpty()) {
            kept -= capacity;
            return pieces.pop();
        }
        try {
            return new Piece(++lastId, capacity);
        } catch (OSException e) {
            return null; // messages need memory, too, and will tell
        }
    }

    /** Nobody reads or writes it any more. */
    synchronized void give(Piece piece) {
        if (closed || kept + piece.capacity > KEPT) {
            piece.close();
        } else {
            free.computeIfAbsent(piece.capacity, size -> new ArrayDeque<>()).push(piece);
            kept += piece.capacity;
        }
    }

    synchronized void close() {
        closed = true;
        free.values().forEach(pieces -> pieces.forEach(Piece::close));
        free.clear();
    }

    /** The arrays among a chunk's arguments. They are where they are until the chunk has its outcome. */
    static final class Freight implements Carrier {
        private final Exchange exchange;
        private final List<Piece> pieces = new ArrayList<>();
        private long bytes;

        Freight(Exchange exchange) {
            this.exchange = exchange;
        }

        @Override
        public ByteBuffer put(Bytes out, int length) {
            Piece piece = exchange.take(length);
            if (piece == null) {
                return null;
            }
            pieces.add(piece);
            bytes += length;
            piece.describe(out);
            return piece.slice(0, length);
        }

        @Override
        public ByteBuffer get(Bytes in, int length) {
            throw new IllegalStateException("arguments are not read where they are written");
        }

        @Override
        public void missed(int length) {
            throw new IllegalStateException("arguments are not read where they are written");
        }

        long bytes() {
            return bytes;
        }

        void unload() {
            pieces.forEach(exchange::give);
            pieces.clear();
        }
    }
}
