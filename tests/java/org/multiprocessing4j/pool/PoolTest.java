package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.Event;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.RawValue;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.StartMethods;

class PoolTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static Pool pool(Context ctx) {
        return Pool.builder().processes(2).context(ctx).build();
    }

    @StartMethods
    void computes(Context ctx) throws Exception {
        try (var pool = pool(ctx).with()) {
            assertThat(pool.apply(PoolTasks::square, 7)).isEqualTo(49);
            assertThat(pool.apply(PoolTasks::multiply, 6, 7)).isEqualTo(42);
            assertThat(pool.apply(() -> "nothing")).isEqualTo("nothing");
            assertThat(pool.applyAsync((a, b, c) -> a + b + c, 1, 2, 3).get(PATIENCE)).isEqualTo(6);
            String joined = pool.apply((a, b, c, d) -> a + b + c + d, "a", "b", 'c', 4L);
            assertThat(joined).isEqualTo("abc4");
            assertThat(pool.map(PoolTasks::square, PoolTasks.range(1000))).isEqualTo(PoolTasks.squares(1000));
            assertThat(pool.map(PoolTasks::square, PoolTasks.range(100), 7)).isEqualTo(PoolTasks.squares(100));
            assertThat(pool.starmap(PoolTasks::multiply, List.of(Args.of(2, 3), Args.of(4, 5)))).containsExactly(6, 20);
            assertThat(pool.map(PoolTasks::square, List.<Integer>of())).isEmpty();
            assertThat(list(pool.imap(PoolTasks::square, PoolTasks.range(300)))).isEqualTo(PoolTasks.squares(300));
            assertThat(list(pool.imapUnordered(PoolTasks::square, PoolTasks.range(300), 7)))
                    .containsExactlyInAnyOrderElementsOf(PoolTasks.squares(300));
            assertThat(pool.apply(PoolTasks::name)).matches(".*PoolWorker-\\d+");
        }
    }

    private static <T> List<T> list(Iterator<T> iterator) {
        List<T> all = new ArrayList<>();
        iterator.forEachRemaining(all::add);
        return all;
    }

    @StartMethods
    void aFailureIsTheOriginalWithItsRemoteTrace(Context ctx) throws Exception {
        try (var pool = pool(ctx).with()) {
            assertThatThrownBy(() -> pool.map(PoolTasks::failOnThree, PoolTasks.range(5)))
                    .isInstanceOf(CompletionException.class).cause()
                    .isInstanceOf(IOException.class).hasMessage("no 3").cause()
                    .isInstanceOf(RemoteTraceback.class).hasMessageContaining("PoolTasks.failOnThree");
            assertThatThrownBy(() -> pool.apply(PoolTasks::failUnchecked, 1))
                    .isInstanceOf(IllegalStateException.class).hasMessage("never 1");
            assertThatThrownBy(() -> pool.applyAsync(PoolTasks::failUnchecked, 1).get())
                    .isInstanceOf(ExecutionException.class).cause().hasMessage("never 1");
            IMapIterator<Integer> results = pool.imap(PoolTasks::failOnThree, PoolTasks.range(5), 2);
            List<Object> seen = new ArrayList<>();
            while (results.hasNext()) {
                try {
                    seen.add(results.next());
                } catch (CompletionException e) {
                    seen.add(e.getCause().getMessage());
                }
            }
            assertThat(seen).containsExactly(0, 1, 2, "no 3", 4);
        }
    }

    @StartMethods
    void whatCannotBeSentArrivesAsText(Context ctx) throws Exception {
        try (var pool = pool(ctx).with()) {
            assertThatThrownBy(() -> pool.apply(PoolTasks::throwUnsendable))
                    .isInstanceOfSatisfying(RemoteException.class,
                            e -> assertThat(e.type()).isEqualTo(PoolTasks.Unsendable.class.getName()))
                    .hasMessageContaining("with something inside")
                    .hasRootCauseInstanceOf(RemoteTraceback.class);
            IMapIterator<Object> results = pool.imap(PoolTasks::unserializable, PoolTasks.range(4), 4);
            assertThat(results.next()).isEqualTo(0);
            assertThat(results.next()).isEqualTo(1);
            assertThatThrownBy(results::next).isInstanceOf(RemoteException.class)
                    .hasMessageContaining("java.lang.Object is not serializable");
            assertThat(results.next()).isEqualTo(3);
            Object bad = new Object();
            assertThatThrownBy(() -> pool.apply(x -> 1, List.of("good", bad)))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("[0][1] is a java.lang.Object");
            assertThatThrownBy(() -> pool.apply(() -> bad.hashCode()))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("captures");
            Lock lock = new Lock();
            assertThatThrownBy(() -> pool.apply(x -> 1, lock))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("through inheritance");
        }
    }

    @StartMethods
    void aWorkerThatDiesTakesItsTaskAloneAlong(Context ctx) throws Exception {
        try (var pool = pool(ctx).with()) {
            IMapIterator<Integer> results = pool.imap(PoolTasks::dieOnFive, PoolTasks.range(200));
            for (int i = 0; i < 200; i++) {
                if (i == 5) {
                    assertThatThrownBy(results::next).isInstanceOfSatisfying(WorkerDiedException.class, e -> {
                        assertThat(e.taskIndex()).isEqualTo(5);
                        assertThat(e.exitcode()).isEqualTo(-9);
                        assertThat(e.pid()).isPositive();
                    }).hasMessageContaining("SIGKILL").hasMessageContaining("memory");
                } else {
                    assertThat(results.next()).isEqualTo(i);
                }
            }
            for (int signal : new int[] {Posix.SIGSEGV, Posix.SIGABRT, Posix.SIGTERM}) {
                assertThatThrownBy(() -> pool.apply(PoolTasks::signalled, signal))
                        .isInstanceOf(WorkerDiedException.class);
            }
            assertThatThrownBy(() -> pool.apply(PoolTasks::exit, 3))
                    .isInstanceOf(WorkerDiedException.class).hasMessageContaining("exited with code 3");
            assertThatThrownBy(() -> pool.apply(PoolTasks::exit, 0))
                    .isInstanceOf(WorkerDiedException.class).hasMessageContaining("exited with code 0");
            assertThat(pool.apply(PoolTasks::square, 3)).isEqualTo(9);
        }
    }

    @StartMethods
    void retriesWhatDied(Context ctx) throws Exception {
        RawValue<Integer> count = RawValue.of(CType.INT, 0);
        Pool.Builder workers = Pool.builder().processes(1).context(ctx).initializer(PoolTasks::takeCount, count);
        try (var pool = workers.build().with()) {
            assertThatThrownBy(() -> pool.withOptions(CallOptions.DEFAULT.retries(1)).apply(PoolTasks::dieTwice))
                    .isInstanceOf(WorkerDiedException.class);
            count.setInt(0);
            assertThat(pool.withOptions(CallOptions.DEFAULT.retries(2)).apply(PoolTasks::dieTwice)).isEqualTo(2);
        }
    }

    @StartMethods
    void aTaskThatTakesTooLongIsEnded(Context ctx) throws Exception {
        try (var pool = pool(ctx).with()) {
            Calls limited = pool.withOptions(CallOptions.DEFAULT.timeout(Duration.ofMillis(200)));
            assertThatThrownBy(() -> limited.apply(PoolTasks::sleepForEver, 1))
                    .isInstanceOf(CompletionException.class).cause()
                    .isInstanceOf(TimeoutException.class).hasMessageContaining("task 0 took longer than PT0.2S");
            assertThat(pool.map(PoolTasks::square, PoolTasks.range(10))).isEqualTo(PoolTasks.squares(10));
        }
    }

    @StartMethods
    void cancelsWhatWaitsAndWhatRuns(Context ctx) throws Exception {
        Event gate = new Event();
        Pool.Builder workers = Pool.builder().processes(1).context(ctx).initializer(PoolTasks::takeGate, gate);
        try (var pool = workers.build().with()) {
            AsyncResult<Integer> running = pool.applyAsync(PoolTasks::passGate, 1);
            AsyncResult<Integer> waiting = pool.applyAsync(PoolTasks::passGate, 2);
            assertThat(waiting.cancel(false)).isTrue();
            assertThat(waiting.isCancelled()).isTrue();
            gate.set();
            assertThat(running.get(PATIENCE)).isEqualTo(1);
            AsyncResult<Integer> endless = pool.applyAsync(PoolTasks::sleepForEver, 1);
            assertThat(endless.await(Duration.ofMillis(50))).isFalse();
            assertThat(endless.cancel(true)).isTrue();
            assertThatThrownBy(endless::result).isInstanceOf(CancellationException.class);
            assertThat(pool.apply(PoolTasks::square, 3)).isEqualTo(9);
        }
    }

    @StartMethods
    void closeLetsItFinish(Context ctx) throws Exception {
        Pool pool = pool(ctx);
        AsyncResult<List<Integer>> result = pool.mapAsync(PoolTasks::square, PoolTasks.range(500), 1);
        assertThatThrownBy(pool::join).isInstanceOf(IllegalStateException.class).hasMessage("Pool is still running");
        pool.close();
        assertThatThrownBy(() -> pool.apply(PoolTasks::square, 1))
                .isInstanceOf(IllegalStateException.class).hasMessage("Pool not running");
        assertThatThrownBy(() -> pool.imap(PoolTasks::square, List.of(1)))
                .isInstanceOf(IllegalStateException.class).hasMessage("Pool not running");
        pool.join();
        assertThat(result.ready()).isTrue();
        assertThat(result.get(Duration.ZERO)).isEqualTo(PoolTasks.squares(500));
    }

    @StartMethods
    void terminateEndsItAtOnce(Context ctx) throws Exception {
        Pool pool = pool(ctx);
        AsyncResult<List<Integer>> result = pool.mapAsync(PoolTasks::sleepForEver, PoolTasks.range(10), 1);
        pool.terminate();
        pool.terminate();
        pool.join();
        assertThatThrownBy(() -> result.get(PATIENCE)).isInstanceOf(CancellationException.class)
                .hasMessage("the pool was terminated");
    }

    @StartMethods
    void workersAreReplacedAfterTheirTasks(Context ctx) throws Exception {
        Pool pool = Pool.builder().processes(1).context(ctx).maxtasksperchild(2).build();
        List<Integer> pids = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            pids.add(pool.apply(PoolTasks::pid));
        }
        assertThat(new HashSet<>(pids)).hasSize(3);
        assertThat(pool.map(PoolTasks::square, PoolTasks.range(9), 1)).isEqualTo(PoolTasks.squares(9));
        pool.close();
        pool.join();
    }

    @StartMethods
    void aWorkerThatGrowsTooLargeIsReplaced(Context ctx) throws Exception {
        try (var pool = Pool.builder().processes(1).context(ctx).maxmemoryperchild(4L << 30).build().with()) {
            assertThat(pool.apply(PoolTasks::keep, 1)).isEqualTo(pool.apply(PoolTasks::pid));
        }
        try (var pool = Pool.builder().processes(1).context(ctx).maxmemoryperchild(1).build().with()) {
            assertThat(pool.apply(PoolTasks::pid)).isNotEqualTo(pool.apply(PoolTasks::pid));
        }
    }

    @StartMethods
    void anInitializerThatFailsEndsThePool(Context ctx) throws Exception {
        Pool pool = Pool.builder().processes(2).context(ctx)
                .initializer(() -> PoolTasks.failUnchecked(8)).build();
        AsyncResult<Integer> result;
        try {
            result = pool.applyAsync(PoolTasks::square, 1);
            assertThatThrownBy(() -> result.get(PATIENCE))
                    .isInstanceOf(BrokenPoolException.class).cause().hasMessage("never 8");
        } catch (BrokenPoolException e) {
            assertThat(e).cause().hasMessage("never 8"); // it was that quick
        }
        assertThatThrownBy(() -> pool.apply(PoolTasks::square, 1))
                .isInstanceOf(BrokenPoolException.class).cause().hasMessage("never 8");
        pool.join();
    }

    @StartMethods
    void arraysAndPlainValuesComeBackAsTheyWere(Context ctx) throws Exception {
        double[] numbers = new java.util.Random(1).doubles(300_000).toArray();
        List<Object> values =
                Arrays.asList(null, true, false, 1, 2L, 3.5, "täxt", "\ud800", 'c', 1.5f);
        try (var pool = pool(ctx).with()) {
            assertThat(pool.apply(PoolTasks::doubled, numbers))
                    .containsExactly(Arrays.stream(numbers).map(x -> 2 * x).toArray());
            assertThat(pool.map(x -> x, values)).isEqualTo(values);
            assertThat(pool.map(x -> x, values.subList(0, 8), 8)).isEqualTo(values.subList(0, 8));
            assertThat(pool.<int[], int[]>apply(x -> x, new int[] {1, -2})).containsExactly(1, -2);
            assertThat(pool.<long[], long[]>apply(x -> x, new long[] {1, -2})).containsExactly(1, -2);
            assertThat(pool.<byte[], byte[]>apply(x -> x, new byte[] {1, -2})).containsExactly(1, -2);
        }
    }

    @Test
    void imapTakesNoMoreOfItsInputThanIsWanted() throws Exception {
        try (var pool = new Pool(2).with()) {
            int[] taken = {0};
            Iterable<Integer> endless = () -> Stream.iterate(0, i -> i + 1).peek(i -> taken[0]++).iterator();
            IMapIterator<Integer> results =
                    pool.withOptions(CallOptions.DEFAULT.buffersize(10)).imap(PoolTasks::square, endless);
            for (int i = 0; i < 1000; i++) {
                assertThat(results.next()).isEqualTo(i * i);
                assertThat(taken[0]).isLessThanOrEqualTo(i + 12);
            }
            results.close();
            assertThat(results.hasNext()).isFalse();
        }
    }

    @Test
    void anInputThatFailsIsTheLastResult() throws Exception {
        Iterable<Integer> input = () -> Stream.of(1, 2, 3).peek(i -> {
            if (i == 3) {
                throw new IllegalStateException("no third");
            }
        }).iterator();
        try (var pool = new Pool(1).with()) {
            IMapIterator<Integer> results = pool.imap(PoolTasks::square, input);
            assertThat(results.next()).isEqualTo(1);
            assertThat(results.next()).isEqualTo(4);
            assertThatThrownBy(results::next).isInstanceOf(IllegalStateException.class).hasMessage("no third");
            assertThat(results.hasNext()).isFalse();
            assertThatThrownBy(() -> pool.map(PoolTasks::square, input)).hasMessage("no third");
        }
    }

    @Test
    void refusesWhatMakesNoSense() throws Exception {
        assertThatThrownBy(() -> new Pool(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Number of processes must be at least 1");
        assertThatThrownBy(() -> Pool.builder().maxtasksperchild(0)).isInstanceOf(IllegalArgumentException.class);
        try (var pool = new Pool(1).with()) {
            assertThatThrownBy(() -> pool.imap(PoolTasks::square, List.of(1), 0))
                    .isInstanceOf(IllegalArgumentException.class).hasMessage("Chunksize must be 1+, not 0");
            assertThatThrownBy(() -> pool.map(PoolTasks::square, List.of(1), 0))
                    .isInstanceOf(IllegalArgumentException.class);
            Pool itself = (Pool) pool.pool();
            assertThatThrownBy(() -> pool.apply(x -> 1, itself)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("Pool is not serializable");
            Queue<Object> queue = new Queue<>();
            assertThatThrownBy(() -> queue.put(itself)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void theResultTellsOfItself() throws Exception {
        Event gate = new Event();
        try (var pool = Pool.builder().processes(1).initializer(PoolTasks::takeGate, gate).build().with()) {
            AtomicReference<Object> called = new AtomicReference<>();
            AtomicReference<Throwable> failed = new AtomicReference<>();
            Calls calls = pool.withOptions(
                    CallOptions.DEFAULT.callback(called::set).errorCallback(failed::set));
            AsyncResult<Integer> result = calls.applyAsync(PoolTasks::passGate, 5);
            assertThat(result.ready()).isFalse();
            assertThatThrownBy(result::successful).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("not ready");
            assertThatThrownBy(() -> result.get(Duration.ofMillis(20))).isInstanceOf(TimeoutException.class);
            gate.set();
            assertThat(result.get(PATIENCE)).isEqualTo(5);
            assertThat(called.get()).isEqualTo(5);
            assertThat(result.successful()).isTrue();
            AsyncResult<Integer> bad = calls.applyAsync(PoolTasks::failUnchecked, 1);
            bad.await();
            assertThat(bad.successful()).isFalse();
            assertThat(failed.get()).hasMessage("never 1");
            gate.clear();
            Future<Integer> waiting = pool.applyAsync(PoolTasks::passGate, 1).thenApply(x -> waitInCallback(pool))
                    .toCompletableFuture();
            gate.set();
            assertThatThrownBy(waiting::get).hasMessageContaining("callback");
        }
    }

    /** The first calls find a static method by its name; later ones go through the linked lambda. */
    @StartMethods
    void eachCallOfAFunctionDoesTheSame(Context ctx) throws InterruptedException {
        Task.Of1<Integer, Double> half = PoolTasks::half;
        Task.Of1<Character, Long> codeOf = PoolTasks::codeOf;
        Task.Of1<Byte, Boolean> isEven = PoolTasks::isEven;
        try (var pool = Pool.builder().processes(1).context(ctx).build().with()) {
            for (int i = 0; i < 40; i++) {
                assertThat(pool.apply(PoolTasks::square, i)).isEqualTo(i * i);
                assertThat(pool.apply(half, i)).isEqualTo(i / 2.0);
                assertThat(pool.apply(codeOf, 'a')).isEqualTo(97L);
                assertThat(pool.apply(isEven, (byte) i)).isEqualTo(i % 2 == 0);
                assertThat(pool.apply(PoolTasks::nothing, "x")).isNull();
                assertThatThrownBy(() -> pool.apply(PoolTasks::failUnchecked, 1)).hasMessage("never 1");
            }
        }
    }

    private static int waitInCallback(Calls pool) {
        try {
            return pool.apply(PoolTasks::square, 1);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void tellsOfItsLoad() throws Exception {
        try (var pool = new Pool(2).with()) {
            pool.map(PoolTasks::square, PoolTasks.range(50), 1);
            Insights insights = pool.pool().insights();
            assertThat(insights.workers()).hasSize(2);
            assertThat(insights.workers().stream().mapToLong(Insights.Worker::tasks).sum()).isEqualTo(50);
            assertThat(insights.toJson()).contains("\"restarts\": 0", "\"busy\": 0.");
            assertThat(insights.toString()).contains("busy s", "restarts: 0");
            assertThat(pool.pool().toString()).isEqualTo("<Pool state=RUNNING pool_size=2>");
        }
    }
}
