package org.multiprocessing4j.cli.stress;

import static org.multiprocessing4j.cli.stress.Task.check;

import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

/** Tasks for the collector and for the threads that serve it. */
final class MemoryTasks {
    private static final int KIBI = 1 << 10;
    private static final int MOST_COLLECTIONS = 10;

    private static volatile Object sink;

    private MemoryTasks() {}

    /** Allocates until the young generation has been collected some times, and looks after what it keeps. */
    static void garbage(Random random) {
        List<byte[]> kept = new ArrayList<>();
        for (int i = 0; i < 1_500; i++) {
            byte[] block = new byte[16 * KIBI];
            block[i % block.length] = (byte) i;
            sink = block;
            if (i % 50 == 0) {
                kept.add(block);
            }
        }
        for (int i = 0; i < kept.size(); i++) {
            int index = i * 50;
            check(kept.get(i)[index % (16 * KIBI)] == (byte) index, "a kept block has changed");
        }
    }

    /** A full collection must keep what is reachable, and clear what is not. */
    static void fullCollection(Random random) {
        List<int[]> graph = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            graph.add(new int[] {i, i * i});
        }
        WeakReference<Object> unreachable = unreachable();
        for (int i = 0; i < MOST_COLLECTIONS && unreachable.get() != null; i++) {
            System.gc();
        }
        check(unreachable.get() == null, "System.gc() does not collect");
        for (int i = 0; i < graph.size(); i++) {
            check(graph.get(i)[0] == i && graph.get(i)[1] == i * i, "a collection has spoilt the heap");
        }
    }

    private static WeakReference<Object> unreachable() {
        return new WeakReference<>(new byte[KIBI]);
    }

    /** Cleaning needs the reference handler, and a thread of the cleaner. */
    static void cleaner(Random random) throws InterruptedException {
        CountDownLatch cleaned = new CountDownLatch(1);
        Cleaner.create().register(new byte[KIBI], cleaned::countDown);
        while (cleaned.getCount() > 0) {
            System.gc();
            Thread.sleep(1);
        }
    }

    static void endless(Random random) {
        while (true) {
            garbage(random);
        }
    }
}
