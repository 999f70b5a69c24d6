package org.multiprocessing4j.cli.stress.locks;

import java.io.Serializable;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.RawArray;
import org.multiprocessing4j.SharedHandle;

/**
 * Where the workers write what they do: 64-bit numbers in shared memory, all accesses sequentially consistent. Eight
 * numbers for all, then sixteen for each worker. The C++ worker (src/stress/cpp) has the same layout.
 */
public final class Board implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Of a worker: bits 0-1 what it does, the rest counts its changes of that. */
    static final int PHASE = 0;
    /** How often it got through. */
    static final int ROUNDS = 1;
    static final int RECOVERIES = 2;
    static final int VIOLATIONS = 3;
    /** 1: it is about to be killed. */
    static final int DOOMED = 4;
    /** The generation of the barrier that it found broken, from 1. */
    static final int BROKEN = 5;
    /** How often it began to set the event, and how often it had done it. */
    static final int SETS_BEGUN = 6;
    static final int SETS_DONE = 7;

    /** For all: 1 when the workers are to end. */
    static final int END = 0;
    /** Of the barrier: another one after each break. */
    static final int GENERATION = 1;
    static final int PRODUCED = 2;
    static final int CONSUMED = 3;
    /** How often the barrier's action ran in this generation. */
    static final int ACTED = 4;

    static final int OUTSIDE = 0;
    static final int WAITING = 1;
    static final int INSIDE = 2;

    private static final int COMMON = 8;
    private static final int OF_EACH = 16;
    private static final int PHASE_BITS = 2;
    private static final int PHASE_MASK = (1 << PHASE_BITS) - 1;
    private static final VarHandle LONGS =
            MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private final RawArray<Long> array;
    private final int workers;
    private transient ByteBuffer memory;

    /** All zero. */
    public Board(int workers) {
        this(RawArray.of(CType.LONG, COMMON + workers * OF_EACH), workers);
    }

    private Board(RawArray<Long> array, int workers) {
        this.array = array;
        this.workers = workers;
        this.memory = array.asByteBuffer();
    }

    private Object readResolve() {
        return new Board(array, workers);
    }

    int workers() {
        return workers;
    }

    SharedHandle handle() {
        return array.handle();
    }

    long get(int field) {
        return (long) LONGS.getVolatile(memory, field * Long.BYTES);
    }

    void set(int field, long value) {
        LONGS.setVolatile(memory, field * Long.BYTES, value);
    }

    void add(int field, long more) {
        LONGS.getAndAdd(memory, field * Long.BYTES, more);
    }

    long get(int worker, int field) {
        return get(index(worker, field));
    }

    void set(int worker, int field, long value) {
        set(index(worker, field), value);
    }

    void count(int worker, int field) {
        add(index(worker, field), 1);
    }

    private static int index(int worker, int field) {
        return COMMON + worker * OF_EACH + field;
    }

    boolean ended() {
        return get(END) != 0;
    }

    /** Says what a worker does now; by itself alone. */
    void enter(int worker, int phase) {
        set(worker, PHASE, (get(worker, PHASE) >>> PHASE_BITS) + 1 << PHASE_BITS | phase);
    }

    int phase(int worker) {
        return (int) get(worker, PHASE) & PHASE_MASK;
    }

    /**
     * How many workers were inside at one moment: those whose phase was the same when it was read twice, and who were
     * not about to be killed then.
     */
    int insideAtOnce() {
        long[] before = new long[workers];
        Arrays.setAll(before, worker -> get(worker, PHASE));
        int inside = 0;
        for (int worker = 0; worker < workers; worker++) {
            // In this order: of one that was killed the phase is cleared first.
            boolean lives = get(worker, DOOMED) == 0;
            if (lives && (before[worker] & PHASE_MASK) == INSIDE && get(worker, PHASE) == before[worker]) {
                inside++;
            }
        }
        return inside;
    }

    /** The sum of a field of all workers. */
    long sum(int field) {
        long sum = 0;
        for (int worker = 0; worker < workers; worker++) {
            sum += get(worker, field);
        }
        return sum;
    }
}
