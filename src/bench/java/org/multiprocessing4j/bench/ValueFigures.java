package org.multiprocessing4j.bench;

import com.sun.management.ThreadMXBean;
import java.lang.invoke.VarHandle;
import java.lang.management.ManagementFactory;
import java.util.Map;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.RawValue;
import org.multiprocessing4j.SemLock;
import org.multiprocessing4j.Value;

/**
 * One number in shared memory.
 *
 * <p>Raw accesses are plain ones, which the compiler could move out of a loop or fold together: a fence after each
 * keeps them in it. On x86-64 these fences are no instructions.
 */
final class ValueFigures {
    private ValueFigures() {}

    static void addTo(Map<String, Figure> figures) {
        figures.put("value.locked_increment", ValueFigures::lockedIncrement);
        figures.put("value.raw_get", ValueFigures::rawGet);
        figures.put("value.raw_get_alloc", ValueFigures::rawGetAllocation);
        figures.put("value.raw_set", ValueFigures::rawSet);
        figures.put("value.atomic_add", ValueFigures::atomicAdd);
    }

    @SuppressWarnings("try") // a guard is there to be closed
    private static long lockedIncrement(int iterations) {
        try (Value<Integer> value = Value.of(CType.INT, 0)) {
            long begin = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                try (SemLock.Guard guard = value.hold()) {
                    value.setInt(value.getInt() + 1);
                }
            }
            long elapsed = System.nanoTime() - begin;
            if (value.getInt() != iterations) {
                throw new IllegalStateException(value.getInt() + " after " + iterations + " increments");
            }
            return elapsed;
        }
    }

    private static long rawGet(int iterations) {
        try (RawValue<Integer> value = RawValue.of(CType.INT, 7)) {
            long begin = System.nanoTime();
            read(value, iterations);
            return System.nanoTime() - begin;
        }
    }

    /** The bytes that the same loop puts on the heap: there should be none. */
    private static long rawGetAllocation(int iterations) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (RawValue<Integer> value = RawValue.of(CType.INT, 7)) {
            long before = threads.getCurrentThreadAllocatedBytes();
            read(value, iterations);
            return threads.getCurrentThreadAllocatedBytes() - before;
        }
    }

    private static void read(RawValue<Integer> value, int iterations) {
        long sum = 0;
        for (int i = 0; i < iterations; i++) {
            sum += value.getInt();
            VarHandle.loadLoadFence();
        }
        Sink.consume(sum);
    }

    private static long rawSet(int iterations) {
        try (RawValue<Integer> value = RawValue.of(CType.INT, 0)) {
            long begin = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                value.setInt(i);
                VarHandle.storeStoreFence();
            }
            return System.nanoTime() - begin;
        }
    }

    private static long atomicAdd(int iterations) {
        try (Value<Integer> value = Value.of(CType.INT, 0)) {
            long begin = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                value.getAndAdd(1);
            }
            return System.nanoTime() - begin;
        }
    }
}
