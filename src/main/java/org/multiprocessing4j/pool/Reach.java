package org.multiprocessing4j.pool;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.RawArray;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;

/** In a worker: the parent's shared memory in which large arrays travel. See {@link Exchange}. */
final class Reach implements Carrier {

    /** How many pieces stay mapped that have no longer to be. */
    private static final int KEPT = 16;

    private static final int ALIGNMENT = 8;

    private final RawArray<Long> cells;
    private final int word;
    private final Map<Long, Piece> pieces = new LinkedHashMap<>(KEPT, 0.75f, true);
    private final Piece[] landings = new Piece[Landings.PLACES];
    private int used = -1;
    private int at;

    private record Piece(long id, long block, ByteBuffer memory) {}

    /** @param word see {@link Landings} */
    Reach(RawArray<Long> cells, int word) {
        this.cells = cells;
        this.word = word;
    }

    /** Whether the parent's memory can be opened; it is tried with a piece that is mapped already. */
    boolean isThere(int fd) {
        long block = Native.block_attach_from(parent(), fd, 0, Long.BYTES);
        if (block >= 0) {
            Native.block_release(block);
        }
        return block >= 0;
    }

    private static int parent() {
        return Math.toIntExact(Multiprocessing.parentProcess().pid());
    }

    /** Reads where results may be put. @param mine false if that was for the worker that was here before */
    void land(Bytes in, boolean mine) {
        int place = in.getByte();
        if (mine) {
            landings[place] = piece(in);
        } else {
            in.position(in.position() + Exchange.DESCRIPTION);
        }
    }

    private Piece piece(Bytes in) {
        long id = in.getLong();
        int fd = in.getInt();
        long offset = in.getLong();
        int capacity = in.getInt();
        Piece known = pieces.get(id);
        if (known != null) {
            return known;
        }
        long block = OSException.check(Native.block_attach_from(parent(), fd, offset, capacity));
        ByteBuffer memory = Jvm.view(Native.block_address(block), capacity);
        Piece piece = new Piece(id, block, memory);
        pieces.put(id, piece);
        forgetEldest();
        return piece;
    }

    private void forgetEldest() {
        for (Iterator<Piece> all = pieces.values().iterator(); pieces.size() > KEPT;) {
            Piece eldest = all.next();
            if (eldest != landings[0] && eldest != landings[1]) {
                all.remove();
                Native.block_release(eldest.block);
            }
        }
    }

    @Override
    public ByteBuffer get(Bytes in, int length) {
        return piece(in).memory.slice(0, length).order(ByteOrder.nativeOrder());
    }

    @Override
    public void missed(int length) {
        // the parent does what it can
    }

    @Override
    public ByteBuffer put(Bytes out, int length) {
        if (used < 0) {
            used = freePlace(length);
            at = 0;
        }
        if (used < 0 || landings[used].memory.capacity() - at < length) {
            return null;
        }
        Piece landing = landings[used];
        cells.setLongVolatile(word + used, 1);
        out.putLong(landing.id);
        out.putInt(at);
        ByteBuffer space = landing.memory.slice(at, length).order(ByteOrder.nativeOrder());
        at += Math.min(landing.memory.capacity() - at, (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        return space;
    }

    private int freePlace(int length) {
        for (int place = 0; place < landings.length; place++) {
            if (landings[place] != null && landings[place].memory.capacity() >= length
                    && cells.getLongVolatile(word + place) == 0) {
                return place;
            }
        }
        return -1;
    }

    /** The message is complete. @return which place it used; negative: none */
    int sent() {
        int place = used;
        used = -1;
        return place;
    }
}
