package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.StartMethods;

/**
 * Workers that are killed at random moments, during each kind of call: each result is right, or says why not. {@code
 * -Dmp4j.kill.seconds=N} makes it longer.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES) // a call that hangs
class PoolKillTest {

    private static final int ESRCH = 3;
    private static final double SECONDS = Double.parseDouble(System.getProperty("mp4j.kill.seconds", "2"));
    private static final int ITEMS = 300;
    private static final List<Integer> NUMBERS = PoolTasks.range(ITEMS);
    private static final List<Integer> SQUARES = PoolTasks.squares(ITEMS);
    private static final List<Args.Of2<Integer, Integer>> PAIRS =
            IntStream.range(0, ITEMS).mapToObj(i -> Args.of(i, i)).toList();
    private static final int SINGLES = 50;
    private static final int PATIENCE = 20;

    /** A kind of call, which checks each of its results. */
    private interface Round {
        void run() throws Exception;
    }

    private final Set<Long> killed = ConcurrentHashMap.newKeySet();
    private int right;
    private int died;
    private int lostTasks;

    @StartMethods
    void nothingIsLostAndNothingHangs(Context ctx) throws Exception {
        long seed = Long.getLong("mp4j.seed", System.nanoTime());
        Pool pool = Pool.builder().processes(3).context(ctx).build();
        ProcessPoolExecutor executor = new ProcessPoolExecutor(Pool.builder().processes(2).context(ctx));
        Killer killer = new Killer(pool::insights, new Random(seed), killed);
        killer.start();
        int rounds = 0;
        try {
            List<Round> ofPool = kinds(pool);
            List<Round> ofExecutor = kinds(executor);
            long until = System.nanoTime() + (long) (SECONDS * 1e9);
            for (; System.nanoTime() < until || killed.isEmpty() && killer.isAlive(); rounds++) {
                killer.target = pool::insights;
                ofPool.get(rounds % ofPool.size()).run();
                killer.target = executor::insights;
                ofExecutor.get(rounds % ofExecutor.size()).run();
            }
        } catch (Throwable e) {
            throw new AssertionError("seed " + seed, e);
        } finally {
            killer.end();
        }
        assertThat(killer.failure).as("what the killer failed with, seed %d", seed).isNull();
        assertThat(killed).as("seed %d", seed).isNotEmpty();
        assertThat(lostTasks).as("a kill takes one task along, seed %d", seed).isLessThanOrEqualTo(killed.size());
        assertThat(pool.map(PoolTasks::square, NUMBERS)).isEqualTo(SQUARES);
        assertThat(executor.submit(() -> PoolTasks.square(7)).get(PATIENCE, TimeUnit.SECONDS)).isEqualTo(49);
        System.out.println(ctx.getStartMethod() + ": " + rounds + " rounds, " + killed.size() + " kills, " + right
                + " results right, " + died + " errors that name the worker that died");
        executor.shutdown();
        pool.close();
        assertThat(pool.join(Duration.ofSeconds(30))).as("seed %d", seed).isTrue();
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).as("seed %d", seed).isTrue();
    }

    private List<Round> kinds(Pool pool) {
        return List.of(
                () -> checkApply(pool),
                () -> checkSingles(i -> pool.applyAsync(PoolTasks::square, i)),
                () -> checkAll(() -> pool.map(PoolTasks::square, NUMBERS)),
                () -> checkAll(() -> pool.mapAsync(PoolTasks::square, NUMBERS, 5).get(PATIENCE, TimeUnit.SECONDS)),
                () -> checkAll(() -> pool.starmap(PoolTasks::multiply, PAIRS)),
                () -> checkAll(() -> pool.starmapAsync(PoolTasks::multiply, PAIRS).get(PATIENCE, TimeUnit.SECONDS)),
                () -> checkIterator(pool.imap(PoolTasks::square, NUMBERS), true, 1),
                () -> checkIterator(pool.imapUnordered(PoolTasks::square, NUMBERS, 3), false, 3),
                () -> checkRetried(pool));
    }

    private List<Round> kinds(ProcessPoolExecutor executor) {
        return List.of(
                () -> checkSingles(i -> executor.submit(() -> PoolTasks.square(i))),
                () -> checkInvokeAll(executor),
                () -> checkIterator(executor.map(PoolTasks::square, NUMBERS, 4), true, 4));
    }

    private void checkApply(Pool pool) throws Exception {
        for (int i = 0; i < SINGLES; i++) {
            int number = i;
            check(() -> pool.apply(PoolTasks::square, number), i * i);
        }
    }

    private interface Submission {
        Future<Integer> of(int number) throws Exception;
    }

    private void checkSingles(Submission submission) throws Exception {
        List<Future<Integer>> singles = new ArrayList<>();
        for (int i = 0; i < SINGLES; i++) {
            singles.add(submission.of(i));
        }
        checkFutures(singles);
    }

    private void checkInvokeAll(ProcessPoolExecutor executor) throws Exception {
        checkFutures(executor.invokeAll(
                IntStream.range(0, SINGLES).mapToObj(i -> (Task<Integer>) () -> PoolTasks.square(i)).toList()));
    }

    private void checkFutures(List<Future<Integer>> futures) throws Exception {
        for (int i = 0; i < SINGLES; i++) {
            Future<Integer> future = futures.get(i);
            check(() -> future.get(PATIENCE, TimeUnit.SECONDS), i * i);
        }
    }

    private void check(Callable<Integer> call, int expected) throws Exception {
        try {
            assertThat(call.call()).isEqualTo(expected);
            right++;
        } catch (WorkerDiedException | ExecutionException e) {
            checkDeath(e, 1);
            died++;
            lostTasks++;
        }
    }

    private void checkAll(Callable<List<Integer>> call) throws Exception {
        try {
            assertThat(call.call()).isEqualTo(SQUARES);
            right += ITEMS;
        } catch (WorkerDiedException | ExecutionException e) {
            checkDeath(e, ITEMS);
            died++;
            lostTasks++;
        }
    }

    /** It tells what was lost, and which worker died of what. */
    private void checkDeath(Throwable error, int items) {
        Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
        assertThat(cause).isInstanceOfSatisfying(WorkerDiedException.class, e -> {
            assertThat(e.exitcode()).isEqualTo(-Posix.SIGKILL);
            assertThat(killed).contains(e.pid());
            assertThat(e.taskIndex()).isBetween(0, items - 1);
        }).hasMessageContaining("was ended by signal 9 (SIGKILL)");
    }

    private void checkIterator(IMapIterator<Integer> results, boolean ordered, int chunksize) throws Exception {
        List<Integer> seen = new ArrayList<>();
        int lost = 0;
        for (int i = 0; results.hasNext(); i++) {
            try {
                int result = results.next(Duration.ofSeconds(PATIENCE));
                if (ordered) {
                    assertThat(result).isEqualTo(i * i);
                }
                seen.add(result);
            } catch (WorkerDiedException e) {
                checkDeath(e, ITEMS);
                lost++;
            }
        }
        assertThat(seen.size() + lost).isEqualTo(ITEMS);
        assertThat(seen).doesNotHaveDuplicates();
        assertThat(SQUARES).containsAll(seen);
        right += seen.size();
        died += lost;
        lostTasks += lost / chunksize;
    }

    private void checkRetried(Pool pool) throws Exception {
        assertThat(pool.withOptions(CallOptions.DEFAULT.retries(1000).chunksize(1))
                        .mapAsync(PoolTasks::square, NUMBERS).get(PATIENCE, TimeUnit.SECONDS))
                .isEqualTo(SQUARES);
        right += ITEMS;
    }

    /** Kills ready workers of the pool that is at work; not so often that none gets ready, however they are started. */
    private static final class Killer extends Thread {
        private static final long MILLIS_60 = 60_000_000;

        private final Random random;
        private final Set<Long> killed;
        private volatile Supplier<Insights> target;
        private volatile boolean over;
        private volatile Throwable failure;

        Killer(Supplier<Insights> target, Random random, Set<Long> killed) {
            super("killer");
            this.target = target;
            this.random = random;
            this.killed = killed;
            setDaemon(true);
            setUncaughtExceptionHandler((thread, error) -> failure = error);
        }

        @Override
        public void run() {
            long pause = MILLIS_60;
            while (!over) {
                LockSupport.parkNanos((long) (random.nextDouble() * pause));
                List<Insights.Worker> ready = target.get().workers().stream()
                        .filter(worker -> !worker.startup().isZero()).toList();
                if (!ready.isEmpty()) {
                    Insights.Worker victim = ready.get(random.nextInt(ready.size()));
                    pause = Math.max(MILLIS_60, victim.startup().toNanos());
                    kill(victim.pid());
                }
            }
        }

        private void kill(long pid) {
            killed.add(pid);
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
