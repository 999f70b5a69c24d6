package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.StartMethods;

/** Workers that are killed at random moments, during each kind of call: each result is right, or says why not. */
class PoolKillTest {

    private static final int ESRCH = 3;
    private static final Duration TIME = Duration.ofMillis(Long.getLong("mp4j.pool.kill.millis", 2500));
    private static final int ITEMS = 300;

    @StartMethods
    void nothingIsLostAndNothingHangs(Context ctx) throws Exception {
        long seed = System.nanoTime();
        Pool pool = Pool.builder().processes(3).context(ctx).build();
        Killer killer = new Killer(pool, new Random(seed));
        killer.start();
        int[] died = {0};
        try {
            long until = System.nanoTime() + TIME.toNanos();
            for (int round = 0; System.nanoTime() < until; round++) {
                switch (round % 4) {
                    case 0 -> checkMap(pool, died);
                    case 1 -> checkIterator(pool.imap(PoolTasks::square, PoolTasks.range(ITEMS)), true, died);
                    case 2 -> checkIterator(
                            pool.imapUnordered(PoolTasks::square, PoolTasks.range(ITEMS), 3), false, died);
                    default -> checkRetried(pool);
                }
            }
        } catch (Throwable e) {
            throw new AssertionError("seed " + seed, e);
        } finally {
            killer.end();
        }
        assertThat(pool.map(PoolTasks::square, PoolTasks.range(100))).isEqualTo(PoolTasks.squares(100));
        pool.close();
        assertThat(pool.join(Duration.ofSeconds(30))).as("seed %d", seed).isTrue();
    }

    private static void checkMap(Pool pool, int[] died) throws Exception {
        List<AsyncResult<Integer>> singles = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            singles.add(pool.applyAsync(PoolTasks::square, i));
        }
        for (int i = 0; i < 50; i++) {
            AsyncResult<Integer> single = singles.get(i);
            int expected = i * i;
            checkResult(() -> get(single), expected, died);
        }
        AsyncResult<List<Integer>> all = pool.mapAsync(PoolTasks::square, PoolTasks.range(ITEMS), 5);
        try {
            assertThat(all.get(20, TimeUnit.SECONDS)).isEqualTo(PoolTasks.squares(ITEMS));
        } catch (ExecutionException e) {
            assertThat(e).cause().isInstanceOf(WorkerDiedException.class);
            died[0]++;
        }
    }

    private static int get(AsyncResult<Integer> result) {
        try {
            return result.get(Duration.ofSeconds(20));
        } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static void checkResult(IntSupplier result, int expected, int[] died) {
        try {
            assertThat(result.getAsInt()).isEqualTo(expected);
        } catch (WorkerDiedException e) {
            assertThat(e.exitcode()).isEqualTo(-Posix.SIGKILL);
            died[0]++;
        }
    }

    private static void checkIterator(IMapIterator<Integer> results, boolean ordered, int[] died) throws Exception {
        List<Integer> seen = new ArrayList<>();
        int lost = 0;
        for (int i = 0; results.hasNext(); i++) {
            try {
                int result = results.next(Duration.ofSeconds(20));
                if (ordered) {
                    assertThat(result).isEqualTo(i * i);
                }
                seen.add(result);
            } catch (WorkerDiedException e) {
                lost++;
            }
        }
        assertThat(seen.size() + lost).isEqualTo(ITEMS);
        assertThat(seen).doesNotHaveDuplicates();
        assertThat(PoolTasks.squares(ITEMS)).containsAll(seen);
        died[0] += lost;
    }

    private static void checkRetried(Pool pool) throws Exception {
        assertThat(pool.withOptions(CallOptions.DEFAULT.retries(1000).chunksize(1))
                        .mapAsync(PoolTasks::square, PoolTasks.range(ITEMS)).get(20, TimeUnit.SECONDS))
                .isEqualTo(PoolTasks.squares(ITEMS));
    }

    /** Kills a worker every few milliseconds; not so often that none gets ready. */
    private static final class Killer extends Thread {
        private final Pool pool;
        private final Random random;
        private volatile boolean over;

        Killer(Pool pool, Random random) {
            super("killer");
            this.pool = pool;
            this.random = random;
            setDaemon(true);
        }

        @Override
        public void run() {
            while (!over) {
                LockSupport.parkNanos(random.nextInt(60_000_000));
                List<Insights.Worker> ready = pool.insights().workers().stream()
                        .filter(worker -> !worker.startup().isZero()).toList();
                if (!ready.isEmpty()) {
                    kill(ready.get(random.nextInt(ready.size())).pid());
                }
            }
        }

        private static void kill(long pid) {
            try {
                Posix.kill((int) pid, Posix.SIGKILL);
            } catch (OSException e) {
                if (e.errno() != ESRCH) {
                    throw e;
                }
            }
        }

        void end() throws InterruptedException {
            over = true;
            join();
        }
    }
}
