package org.multiprocessing4j.bench;

import java.lang.invoke.VarHandle;
import java.util.Map;
import org.multiprocessing4j.Array;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.RawArray;

/** Numbers in a row in shared memory, as a whole and one by one. */
final class ArrayFigures {
    /** The length of the arrays that are copied as a whole. */
    private static final int DOUBLES = 1_000_000;
    /** The last index of the arrays whose elements are read and written one by one. */
    private static final int MASK = 1_023;

    private ArrayFigures() {}

    static void addTo(Map<String, Figure> figures) {
        figures.put("array.bulk_copy", ArrayFigures::bulkCopy);
        figures.put("array.get", ArrayFigures::get);
        figures.put("array.set", ArrayFigures::set);
        figures.put("array.raw_get", ArrayFigures::rawGet);
    }

    private static long bulkCopy(int iterations) {
        try (Array<Double> target = Array.of(CType.DOUBLE, DOUBLES)) {
            double[] source = new double[DOUBLES];
            target.copyFrom(source); // the first copy pays for the pages
            long begin = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                target.copyFrom(source);
            }
            return System.nanoTime() - begin;
        }
    }

    private static long get(int iterations) {
        try (Array<Double> values = Array.of(CType.DOUBLE, MASK + 1)) {
            double sum = 0;
            long begin = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                sum += values.getDouble(i & MASK);
            }
            long elapsed = System.nanoTime() - begin;
            Sink.consume(sum);
            return elapsed;
        }
    }

    private static long set(int iterations) {
        try (Array<Double> values = Array.of(CType.DOUBLE, MASK + 1)) {
            long begin = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                values.setDouble(i & MASK, i);
            }
            return System.nanoTime() - begin;
        }
    }

    private static long rawGet(int iterations) {
        try (RawArray<Double> values = RawArray.of(CType.DOUBLE, MASK + 1)) {
            double sum = 0;
            long begin = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                sum += values.getDouble(i & MASK);
                VarHandle.loadLoadFence(); // as in ValueFigures
            }
            long elapsed = System.nanoTime() - begin;
            Sink.consume(sum);
            return elapsed;
        }
    }
}
