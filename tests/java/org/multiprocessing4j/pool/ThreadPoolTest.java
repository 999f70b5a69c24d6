package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class ThreadPoolTest {

    @Test
    void computesInThreads() throws Exception {
        try (var pool = new ThreadPool(2).with()) {
            assertThat(pool.map(PoolTasks::square, PoolTasks.range(100))).isEqualTo(PoolTasks.squares(100));
            assertThat(pool.starmap(PoolTasks::multiply, List.of(Args.of(2, 3)))).containsExactly(6);
            assertThat(pool.apply(() -> Thread.currentThread().getName())).startsWith("ThreadPoolWorker-");
            Object notSerializable = new Object();
            assertThat(pool.<Object, Object>apply(x -> x, notSerializable)).isSameAs(notSerializable);
            assertThatThrownBy(() -> pool.apply(PoolTasks::failUnchecked, 1)).hasMessage("never 1");
        }
    }

    @Test
    void interruptsWhatTakesTooLong() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        try (var pool = new ThreadPool(1).with()) {
            Calls limited = pool.withOptions(CallOptions.DEFAULT.timeout(Duration.ofMillis(50)));
            assertThatThrownBy(() -> limited.apply(() -> never.await(30, TimeUnit.SECONDS)))
                    .isInstanceOf(CompletionException.class).hasCauseInstanceOf(TimeoutException.class);
            assertThat(pool.apply(PoolTasks::square, 3)).isEqualTo(9);
            AsyncResult<Boolean> waiting = pool.applyAsync(() -> never.await(30, TimeUnit.SECONDS));
            waiting.cancel(true);
            assertThat(pool.apply(PoolTasks::square, 4)).isEqualTo(16);
        }
    }

    @Test
    void closesAndEnds() throws Exception {
        ThreadPool pool = new ThreadPool(2);
        AsyncResult<List<Integer>> result = pool.mapAsync(PoolTasks::square, PoolTasks.range(20));
        assertThatThrownBy(pool::join).hasMessage("Pool is still running");
        pool.close();
        pool.join();
        assertThat(result.get(Duration.ZERO)).isEqualTo(PoolTasks.squares(20));
        assertThatThrownBy(() -> pool.apply(PoolTasks::square, 1)).hasMessage("Pool not running");
    }
}
