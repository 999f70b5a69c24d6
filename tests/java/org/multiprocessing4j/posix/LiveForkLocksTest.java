package org.multiprocessing4j.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.multiprocessing4j.posix.LiveForkTest.inChild;

import java.nio.charset.Charset;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Value;
import org.multiprocessing4j.support.BusyThreads;

/** What the JDK locks within itself, at the fork of a program whose threads use it all the time. */
class LiveForkLocksTest {

    private static final int FORKS = 25;

    private static final long PAUSE_NANOS = 20_000;

    private static final long PATIENCE_SECONDS = 20;

    private static final List<String> CHARSETS = List.copyOf(Charset.availableCharsets().keySet());

    private static Arguments use(String name, Callable<?> use) {
        return Arguments.of(name, use);
    }

    static Stream<Arguments> uses() {
        Logger logger = Logger.getLogger("quiet");
        logger.setUseParentHandlers(false);
        logger.setLevel(Level.ALL);
        return Stream.of(
                use("properties", () -> {
                    System.setProperty("mp4j.test." + ThreadLocalRandom.current().nextInt(50), "value");
                    return System.getProperties().clone();
                }),
                use("charsets", () -> {
                    int number = ThreadLocalRandom.current().nextInt(CHARSETS.size());
                    return Charset.forName(CHARSETS.get(number));
                }),
                use("logging", () -> {
                    logger.info("nothing");
                    return Logger.getLogger("quiet." + ThreadLocalRandom.current().nextInt(1000));
                }),
                use("threads", () -> {
                    Thread thread = new Thread(() -> {});
                    thread.start();
                    thread.join();
                    return thread;
                }),
                use("streams", () -> IntStream.range(0, 1000).parallel().sum()),
                use("futures", () -> CompletableFuture.supplyAsync(UUID::randomUUID).get()),
                use("timers", () -> CompletableFuture
                        .supplyAsync(() -> 1, CompletableFuture.delayedExecutor(1, TimeUnit.MILLISECONDS))
                        .get()),
                use("resources", () -> {
                    try (var resource = LiveForkLocksTest.class.getResourceAsStream("LiveForkLocksTest.class")) {
                        return resource.readAllBytes();
                    }
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("uses")
    void isFreeInTheChild(String name, Callable<?> use) throws Exception {
        use.call();
        Callable<?> useAndPause = () -> {
            use.call();
            LockSupport.parkNanos(PAUSE_NANOS);
            return null;
        };
        BusyThreads users = new BusyThreads().with(useAndPause).with(useAndPause);
        try (users) {
            for (int i = 0; i < FORKS; i++) {
                assertThat(inChild(() -> {
                    for (int j = 0; j < 5; j++) {
                        use.call();
                    }
                    return 0;
                }).exitcode()).isZero();
            }
        }
    }

    /** Its workers do not come along, and what was queued for them is not the child's. */
    @Test
    void aPoolThatIsBusyHasOtherWorkersInTheChild() throws InterruptedException {
        int parallelism = 2;
        ForkJoinPool pool = new ForkJoinPool(parallelism);
        CountDownLatch busy = new CountDownLatch(parallelism);
        CountDownLatch release = new CountDownLatch(1);
        try (Value<Integer> ran = Value.of(CType.INT, 0)) {
            for (int i = 0; i < parallelism; i++) {
                pool.submit(() -> {
                    busy.countDown();
                    release.await();
                    return 0;
                });
            }
            assertThat(busy.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            ForkJoinTask<Long> queued = pool.submit(() -> ran.getAndAdd(1));
            for (int i = 0; i < 3; i++) {
                assertThat(inChild(() -> {
                    int sum = 0;
                    for (int j = 0; j < 3; j++) {
                        sum += pool.submit(() -> 1).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                    }
                    return sum;
                }).exitcode()).isEqualTo(3);
            }
            assertThat(ran.getInt()).isZero();
            release.countDown();
            assertThat(queued.join()).isZero();
            assertThat(ran.getInt()).isEqualTo(1);
        } finally {
            release.countDown();
            pool.shutdown();
            assertThat(pool.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Who forks may be such a worker: what it was about to do stays its own. */
    @Test
    void aWorkerMayFork() throws Exception {
        ForkJoinPool pool = new ForkJoinPool(1); // another worker might take it
        try {
            assertThat(pool.submit(() -> {
                ForkJoinTask<Integer> mine = ForkJoinTask.adapt(() -> 4).fork();
                int code = inChild(() -> mine.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).exitcode();
                return code + mine.join();
            }).get(2 * PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(8);
        } finally {
            pool.shutdown();
        }
    }
}
