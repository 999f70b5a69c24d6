package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.StartMethods;

/** Large arrays, which travel in shared memory. */
class PoolArraysTest {

    /** Of longs; and so many that they do not all have the same place. */
    private static final int LARGE = 50_000;

    private static long[] numbered(int seed) {
        return IntStream.range(0, LARGE + seed).mapToLong(i -> i * 31L + seed).toArray();
    }

    static long[] plusOne(long[] numbers) {
        return Arrays.stream(numbers).map(number -> number + 1).toArray();
    }

    static long[] plusOneOrDie(long[] numbers) {
        if (numbers[0] == 3) {
            Posix.kill(Posix.getpid(), Posix.SIGKILL);
        }
        return plusOne(numbers);
    }

    static double[] halves(int[] numbers, byte[] bytes, double[] factors) {
        return IntStream.range(0, numbers.length).mapToDouble(i -> numbers[i] * factors[i] + bytes[i]).toArray();
    }

    /** Until workers were found to reach the memory, and places for results were made. */
    private static void warmUp(Calls pool) throws InterruptedException {
        for (int i = 0; i < 8; i++) {
            assertThat(pool.apply(PoolArraysTest::plusOne, numbered(i))).isEqualTo(plusOne(numbered(i)));
        }
    }

    @StartMethods
    void arriveAsTheyWere(Context ctx) throws Exception {
        try (var pool = Pool.builder().processes(2).context(ctx).build().with()) {
            warmUp(pool);
            List<long[]> arrays = IntStream.range(0, 40).mapToObj(PoolArraysTest::numbered).toList();
            for (int chunksize : new int[] {1, 3, 40}) {
                List<long[]> results = pool.map(PoolArraysTest::plusOne, arrays, chunksize);
                for (int i = 0; i < arrays.size(); i++) {
                    assertThat(results.get(i)).as("array %d of chunks of %d", i, chunksize)
                            .isEqualTo(plusOne(arrays.get(i)));
                }
            }
            int[] numbers = IntStream.range(0, 300_000).toArray();
            byte[] bytes = new byte[300_000];
            double[] factors = new double[300_000];
            Arrays.fill(bytes, (byte) -1);
            Arrays.fill(factors, 0.5);
            assertThat(pool.applyAsync(PoolArraysTest::halves, numbers, bytes, factors).result())
                    .isEqualTo(halves(numbers, bytes, factors));
            assertThat(pool.<byte[], byte[]>apply(x -> x, bytes)).isEqualTo(bytes);
            assertThat(pool.<int[], int[]>apply(x -> x, numbers)).isEqualTo(numbers);
            checkSharedMemoryWasUsed((ProcessEngine) pool.engine());
        }
    }

    private static void checkSharedMemoryWasUsed(ProcessEngine engine) {
        synchronized (engine.state.lock) {
            assertThat(engine.state.workers).extracting(worker -> worker.landings.carried())
                    .as("bytes of results").anyMatch(bytes -> bytes > 0);
        }
        MapJob<Object> job = new MapJob<>(engine, CallOptions.DEFAULT, 1, true);
        Function same = new Function(1, (Task.Of1<Object, Object>) x -> x);
        Chunk chunk = new Chunk(job, same, 0, 1, new Object[] {numbered(0)});
        chunk.encode(engine.exchange);
        assertThat(chunk.freightBytes()).as("bytes of arguments").isEqualTo((long) Long.BYTES * LARGE);
        chunk.dropped();
    }

    @StartMethods
    void surviveTheirWorkers(Context ctx) throws Exception {
        try (var pool = Pool.builder().processes(2).context(ctx).build().with()) {
            warmUp(pool);
            List<AsyncResult<long[]>> results = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                results.add(pool.applyAsync(PoolArraysTest::plusOneOrDie, numbered(i % 6)));
            }
            for (int i = 0; i < 30; i++) {
                AsyncResult<long[]> result = results.get(i);
                if (i % 6 == 3) {
                    assertThatThrownBy(result::result).isInstanceOf(WorkerDiedException.class);
                } else {
                    assertThat(result.result()).as("array %d", i).isEqualTo(plusOne(numbered(i % 6)));
                }
            }
            warmUp(pool);
        }
    }

    @Test
    void outlastTheWorkerThatMadeThem() throws Exception {
        try (var pool = Pool.builder().processes(1).maxtasksperchild(3).build().with()) {
            warmUp(pool);
        }
    }

    @Test
    void areCountedAmongTheBytesThatWereMoved() throws Exception {
        try (var pool = new Pool(1).with()) {
            warmUp(pool);
            Insights.Worker before = pool.pool().insights().workers().get(0);
            pool.apply(PoolArraysTest::plusOne, numbered(0));
            Insights.Worker after = pool.pool().insights().workers().get(0);
            long bytes = (long) Long.BYTES * LARGE;
            assertThat(after.bytesSent() - before.bytesSent()).isBetween(bytes, bytes + 1000);
            assertThat(after.bytesReceived() - before.bytesReceived()).isBetween(bytes, bytes + 1000);
        }
    }

    @Test
    void aFunctionThatCapturesOneTakesItAlongOncePerWorker() throws Exception {
        long[] large = numbered(1);
        try (var pool = new Pool(2).with()) {
            List<Integer> items = PoolTasks.range(400);
            assertThat(pool.map(i -> large[i], items, 1)).hasSize(400).endsWith(large[399]);
            long bytes = (long) Long.BYTES * large.length;
            for (Insights.Worker worker : pool.pool().insights().workers()) {
                long functions = worker.tasks() == 0 ? 0 : 1;
                assertThat(worker.bytesSent()).isBetween(functions * bytes, bytes + 400 * 100);
            }
        }
    }
}
