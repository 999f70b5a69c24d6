package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Serial;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.StartMethods;

class ProcessPoolExecutorTest {

    @StartMethods
    void isAnExecutor(Context ctx) throws Exception {
        var executor = new ProcessPoolExecutor(Pool.builder().processes(2).context(ctx));
        int base = 40;
        Future<Integer> answer = executor.submit(() -> base + 2);
        assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(42);
        assertThat(executor.submit(PoolTasks::pid).get()).isNotEqualTo(Posix.getpid());
        List<Task<Integer>> tasks = List.of(() -> 1, () -> 2, () -> 3);
        int sum = 0;
        for (Future<Integer> future : executor.invokeAll(tasks)) {
            sum += future.get();
        }
        assertThat(sum).isEqualTo(6);
        assertThat(executor.invokeAny(tasks)).isBetween(1, 3);
        assertThat(executor.submit(() -> System.gc()).get()).isNull();
        ExecutorService plain = executor;
        assertThatThrownBy(() -> plain.submit(() -> base).get())
                .isInstanceOf(ExecutionException.class).cause()
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("is not serializable");
        Callable<Integer> dies = (Callable<Integer> & java.io.Serializable) () -> PoolTasks.exit(4);
        assertThatThrownBy(() -> plain.submit(dies).get()).isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(WorkerDiedException.class);
        assertThat(executor.awaitTermination(1, TimeUnit.MILLISECONDS)).isFalse();
        executor.shutdown();
        assertThatThrownBy(() -> executor.submit(() -> 1)).isInstanceOf(RejectedExecutionException.class);
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        assertThat(executor.isTerminated()).isTrue();
    }

    @StartMethods
    void shutdownNowEndsWhatRuns(Context ctx) throws Exception {
        var executor = new ProcessPoolExecutor(Pool.builder().processes(1).context(ctx));
        Future<Integer> first = executor.submit(() -> PoolTasks.sleepForEver(1));
        Future<Integer> second = executor.submit(() -> 2);
        assertThat(executor.shutdownNow()).hasSize(2);
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        assertThat(first.isCancelled()).isTrue();
        assertThat(second.isCancelled()).isTrue();
    }

    @Test
    void aCompletionServiceQueuesWhatIsDone() throws Exception {
        var executor = new ProcessPoolExecutor(2);
        var service = new ExecutorCompletionService<Integer>(executor);
        for (int i = 0; i < 5; i++) {
            int number = i;
            service.submit((Task<Integer>) () -> PoolTasks.square(number));
        }
        int sum = 0;
        for (int i = 0; i < 5; i++) {
            sum += service.poll(30, TimeUnit.SECONDS).get();
        }
        assertThat(sum).isEqualTo(30);
        assertThat(service.submit((Task.Action) () -> PoolTasks.square(1), 7).get()).isEqualTo(7);
        assertThat(service.take().get()).isEqualTo(7);
        Future<Integer> dying = service.submit((Task<Integer>) () -> PoolTasks.exit(4));
        assertThat(service.poll(30, TimeUnit.SECONDS)).isSameAs(dying);
        assertThatThrownBy(dying::get).hasCauseInstanceOf(WorkerDiedException.class);
        Object here = new Object();
        Future<Integer> bound = service.submit(here::hashCode);
        assertThat(service.poll(30, TimeUnit.SECONDS)).isSameAs(bound);
        assertThatThrownBy(bound::get).cause().hasMessageContaining("is not serializable");
        executor.shutdown();
        assertThatThrownBy(() -> service.submit((Task<Integer>) () -> 1))
                .isInstanceOf(RejectedExecutionException.class);
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void completableFuturesAreItsOwn() throws Exception {
        var executor = new ProcessPoolExecutor(1);
        int base = 20;
        assertThat(executor.supplyAsync(() -> base + 1).thenApply(x -> 2 * x).get(30, TimeUnit.SECONDS)).isEqualTo(42);
        assertThat(executor.runAsync(() -> PoolTasks.square(1)).get(30, TimeUnit.SECONDS)).isNull();
        Supplier<Integer> supplier = (Supplier<Integer> & Serializable) () -> base;
        assertThatThrownBy(() -> CompletableFuture.supplyAsync(supplier, executor))
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessageContaining("use the executor's own supplyAsync");
        assertThatThrownBy(() -> executor.supplyAsync(() -> base).thenApplyAsync(x -> x, executor).get())
                .hasRootCauseInstanceOf(RejectedExecutionException.class);
        assertThatThrownBy(() -> executor.execute((Runnable) new Object()::hashCode))
                .isInstanceOf(RejectedExecutionException.class).hasMessageContaining("is not serializable");
        executor.shutdown();
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whatMapHadBegunIsDoneAfterShutdown() throws Exception {
        var executor = new ProcessPoolExecutor(1);
        IMapIterator<Integer> results = executor.map(PoolTasks::square, PoolTasks.range(1000));
        executor.shutdown();
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        List<Integer> all = new ArrayList<>();
        results.forEachRemaining(all::add);
        assertThat(all).isEqualTo(PoolTasks.squares(1000));
    }

    /** A task that is also a Runnable, with another outcome. */
    private static final class Both implements Task<Integer>, Task.Action {
        @Serial
        private static final long serialVersionUID = 1L;

        @Override
        public Integer call() {
            return 5;
        }

        @Override
        public void run() {
            throw new IllegalStateException("run");
        }
    }

    @Test
    void runsWhatItWasGivenAs() throws Exception {
        var executor = new ProcessPoolExecutor(1);
        ExecutorService plain = executor;
        Both both = new Both();
        assertThat(executor.submit((Task<Integer>) both).get(30, TimeUnit.SECONDS)).isEqualTo(5);
        assertThat(executor.supplyAsync(both).get(30, TimeUnit.SECONDS)).isEqualTo(5);
        assertThatThrownBy(() -> executor.submit((Task.Action) both).get(30, TimeUnit.SECONDS))
                .hasRootCauseInstanceOf(RemoteTraceback.class).cause().hasMessage("run");
        Task.Action fine = () -> PoolTasks.square(3);
        assertThat(plain.submit(fine, "value").get(30, TimeUnit.SECONDS)).isEqualTo("value");
        for (int i = 0; i < 20; i++) { // by its name, and linked
            Void nothing = executor.runAsync(PoolTasks::pid).get(30, TimeUnit.SECONDS);
            assertThat(nothing).isNull();
            assertThat(executor.runAsync(Object::new).get(30, TimeUnit.SECONDS)).isNull();
            assertThat(executor.runAsync(ProcessPoolExecutorTest::unsendable).get(30, TimeUnit.SECONDS)).isNull();
        }
        executor.shutdown();
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    private static Object unsendable() {
        return new Object();
    }

    @Test
    void invokeAnyThatIsInterruptedOrRejectedLeavesNothingBehind() throws Exception {
        var executor = new ProcessPoolExecutor(1);
        List<Task<Integer>> endless = List.of(() -> PoolTasks.sleepForEver(1), () -> PoolTasks.sleepForEver(2));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> executor.invokeAny(endless)).isInstanceOf(InterruptedException.class);
        assertThat(executor.submit(() -> 1).get(30, TimeUnit.SECONDS)).isEqualTo(1);
        List<Task<Integer>> meddling = List.of(
                () -> PoolTasks.sleepForEver(1), new Closing(executor::shutdown), () -> 3);
        assertThatThrownBy(() -> executor.invokeAny(meddling)).isInstanceOf(RejectedExecutionException.class)
                .hasMessage("Pool not running");
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> executor.invokeAny(List.of((Task<Integer>) () -> 1), 1, TimeUnit.SECONDS))
                .isInstanceOf(RejectedExecutionException.class).hasMessage("Pool not running");
    }

    /** A task that does something when it is sent. */
    private record Closing(Runnable deed) implements Task<Integer> {
        @Serial
        private Object writeReplace() {
            deed.run();
            return (Task<Integer>) () -> 2;
        }

        @Override
        public Integer call() {
            return 1;
        }
    }

    @Test
    void shutdownNowIsQuickHoweverMuchWaits() throws Exception {
        var executor = new ProcessPoolExecutor(1);
        List<Future<Integer>> futures = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            futures.add(executor.submit(() -> PoolTasks.sleepForEver(1)));
        }
        assertThat(executor.shutdownNow()).hasSize(20_000);
        assertThat(futures).allMatch(Future::isCancelled);
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whatAnExecutedTaskThrowsIsLogged() throws Exception {
        Logger logger = Logger.getLogger("org.multiprocessing4j");
        BlockingQueue<LogRecord> records = new LinkedBlockingQueue<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord logRecord) {
                records.add(logRecord);
            }

            @Override
            public void flush() {
                // nothing is kept back
            }

            @Override
            public void close() {
                // nothing is open
            }
        };
        logger.addHandler(handler);
        try {
            var executor = new ProcessPoolExecutor(1);
            executor.execute(() -> PoolTasks.failUnchecked(4711));
            for (LogRecord next = records.poll(30, TimeUnit.SECONDS); ; next = records.poll(30, TimeUnit.SECONDS)) {
                assertThat(next).isNotNull();
                if (next.getThrown() != null && "never 4711".equals(next.getThrown().getMessage())) {
                    break;
                }
            }
            executor.shutdown();
            assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            logger.removeHandler(handler);
        }
    }
}
