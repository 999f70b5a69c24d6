package org.multiprocessing4j.bench;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.multiprocessing4j.pool.Calls;
import org.multiprocessing4j.pool.Pool;
import org.multiprocessing4j.pool.Task;

/** Pools of two workers. */
final class PoolFigures {

    private static final int WORKERS = 2;
    private static final List<Integer> ITEMS = IntStream.range(0, 100_000).boxed().toList();

    private PoolFigures() {}

    private static final class OfPool {
        static final Pool INSTANCE = new Pool(WORKERS);
    }

    static void addTo(Map<String, Figure> figures) {
        figures.put("pool.map_100k", iterations -> map(iterations, ITEMS, 0));
        figures.put("pool.map_20k_chunk1", iterations -> map(iterations, ITEMS.subList(0, 20_000), 1));
        figures.put("pool.first_result", PoolFigures::firstResult);
        figures.put("pool.cpu_scaling", PoolFigures::scaling);
    }

    private static long map(int iterations, List<Integer> items, int chunksize) throws InterruptedException {
        Calls pool = OfPool.INSTANCE;
        long begin = System.nanoTime();
        for (int i = 0; i < iterations; i++) {
            List<Integer> results = chunksize == 0 ? pool.map(PoolTargets::increment, items)
                    : pool.map(PoolTargets::increment, items, chunksize);
            Sink.consume(results.get(items.size() - 1));
        }
        return System.nanoTime() - begin;
    }

    /** From the making of a pool to its first result; its end does not count. */
    private static long firstResult(int iterations) throws InterruptedException {
        long sum = 0;
        for (int i = 0; i < iterations; i++) {
            long begin = System.nanoTime();
            try (Pool.With pool = new Pool(WORKERS).with()) {
                Sink.consume(pool.apply(PoolTargets::increment, i));
                sum += System.nanoTime() - begin;
            }
        }
        return sum;
    }

    /** How long the pool takes for work of the processor alone, in percent of what threads of this JVM take. */
    private static long scaling(int iterations) throws Exception {
        Pool pool = OfPool.INSTANCE;
        List<Integer> seeds = Collections.nCopies(40, 1);
        List<Task<Long>> tasks = seeds.stream().map(seed -> (Task<Long>) () -> PoolTargets.kernel(seed)).toList();
        ExecutorService threads = Executors.newFixedThreadPool(WORKERS);
        try {
            long inThreads = 0;
            long inProcesses = 0;
            for (int i = 0; i < iterations + 1; i++) {
                long begin = System.nanoTime();
                threads.invokeAll(tasks);
                long middle = System.nanoTime();
                Sink.consume(pool.map(PoolTargets::kernel, seeds, 1).get(0));
                if (i > 0) { // the first round compiles
                    inThreads += middle - begin;
                    inProcesses += System.nanoTime() - middle;
                }
            }
            return Math.round(100.0 * inProcesses / inThreads * iterations);
        } finally {
            threads.shutdown();
        }
    }
}
