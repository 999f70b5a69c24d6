package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
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
}
