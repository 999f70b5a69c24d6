package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.multiprocessing4j.support.JavaProgram;

/** Inputs of imap that come slowly, never end, or wait for results. */
class PoolInputTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int END = -1;

    static List<Supplier<BasicPool>> pools() {
        return List.of(() -> new Pool(1), () -> new ThreadPool(1));
    }

    /** What comes as it is put in, as from a socket. */
    private static final class Slow implements Iterable<Integer>, Iterator<Integer> {
        private final BlockingQueue<Integer> items = new LinkedBlockingQueue<>();
        private Integer next;

        void put(int item) {
            items.add(item);
        }

        @Override
        public Iterator<Integer> iterator() {
            return this;
        }

        @Override
        public boolean hasNext() {
            try {
                next = items.take();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return next != END;
        }

        @Override
        public Integer next() {
            return next;
        }
    }

    @ParameterizedTest
    @MethodSource("pools")
    void aChunkMayBeLargerThanTheInput(Supplier<BasicPool> pools) throws Exception {
        try (var pool = pools.get().with()) {
            assertThat(pool.imap(PoolTasks::square, List.of(1, 2, 3), Integer.MAX_VALUE)).toIterable()
                    .containsExactly(1, 4, 9);
            assertThat(pool.map(PoolTasks::square, List.of(1, 2, 3), Integer.MAX_VALUE)).containsExactly(1, 4, 9);
        }
    }

    @ParameterizedTest
    @MethodSource("pools")
    void aResultIsThereBeforeTheNextItemIs(Supplier<BasicPool> pools) throws Exception {
        Slow input = new Slow();
        try (var pool = pools.get().with()) {
            IMapIterator<Integer> results = pool.imap(PoolTasks::square, input);
            for (int i = 0; i < 5; i++) {
                assertThatThrownBy(() -> results.next(Duration.ofMillis(1))).isInstanceOf(TimeoutException.class);
                input.put(i);
                assertThat(results.next(PATIENCE)).isEqualTo(i * i); // an input may depend on that
            }
            Thread.currentThread().interrupt();
            assertThatThrownBy(results::hasNext).isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(InterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();
            input.put(END);
            assertThat(results.hasNext()).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("pools")
    void nobodyWaitsForTheInputOfATerminatedPool(Supplier<BasicPool> pools) throws Exception {
        Slow input = new Slow();
        BasicPool pool = pools.get();
        IMapIterator<Integer> results = pool.imap(PoolTasks::square, input);
        input.put(3);
        assertThat(results.next(PATIENCE)).isEqualTo(9);
        pool.close();
        assertThat(pool.join(Duration.ofMillis(10))).isFalse();
        pool.terminate();
        assertThat(pool.join(PATIENCE)).isTrue();
        input.put(END);
        assertThat(results.hasNext()).isFalse();
    }

    private static Iterable<Integer> endless(AtomicInteger taken) {
        return () -> Stream.iterate(0, i -> i + 1).peek(i -> taken.incrementAndGet()).iterator();
    }

    @Test
    void whoWaitsForAPoolThatIsNotClosedHasNothingTaken() throws Exception {
        var executor = new ProcessPoolExecutor(1);
        AtomicInteger taken = new AtomicInteger();
        IMapIterator<Integer> results = executor.map(PoolTasks::square, endless(taken));
        assertThat(executor.awaitTermination(300, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(taken.get()).isLessThan(1000);
        executor.shutdown();
        assertThat(executor.awaitTermination(300, TimeUnit.MILLISECONDS)).isFalse();
        results.close();
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("pools")
    void smallBuffersDo(Supplier<BasicPool> pools) throws Exception {
        try (var pool = pools.get().with()) {
            for (int chunksize = 1; chunksize < 5; chunksize++) {
                for (int buffersize = 1; buffersize < 20; buffersize += 3) {
                    AtomicInteger taken = new AtomicInteger();
                    IMapIterator<Integer> results = pool.withOptions(CallOptions.DEFAULT.buffersize(buffersize))
                            .imap(PoolTasks::square, endless(taken), chunksize);
                    for (int i = 0; i < 50; i++) {
                        assertThat(results.next(PATIENCE)).isEqualTo(i * i);
                        assertThat(taken.get()).isLessThanOrEqualTo(i + chunksize + Math.max(buffersize, chunksize));
                    }
                    results.close();
                }
            }
        }
    }

    /** Without a join, which would look after it. */
    @ParameterizedTest
    @MethodSource("pools")
    void aClosedPoolEndsWhenItsLastIteratorIsForgotten(Supplier<BasicPool> pools) throws Exception {
        BasicPool pool = pools.get();
        assertThat(pool.imap(PoolTasks::square, endless(new AtomicInteger())).next(PATIENCE)).isZero();
        pool.close();
        await().atMost(PATIENCE).until(() -> {
            System.gc();
            return pool.isEnded();
        });
        assertThat(pool.join(PATIENCE)).isTrue();
    }

    @Test
    void progressEndsWithTheInput() {
        JavaProgram.Outcome outcome = JavaProgram.of(PoolPrograms.WithProgress.class).run();
        assertThat(outcome.err().lines())
                .contains("all: 1", "all: 2", "all: 4", "all: 5, done", "some: 1", "some: 1, done")
                .doesNotHaveDuplicates();
    }
}
