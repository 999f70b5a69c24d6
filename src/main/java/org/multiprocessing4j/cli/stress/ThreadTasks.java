package org.multiprocessing4j.cli.stress;

import static org.multiprocessing4j.cli.stress.Task.check;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

/** Tasks for threads and what they synchronize with. */
final class ThreadTasks {
    private static final int JDK_WITH_VIRTUAL_THREADS = 21;
    private static final int THREADS = 4;
    private static final int JOBS = 50;

    private ThreadTasks() {}

    static void threads(Random random) throws InterruptedException, ExecutionException {
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        List<Future<Integer>> squares = new ArrayList<>();
        for (int i = 0; i < JOBS; i++) {
            int number = i;
            squares.add(pool.submit(() -> number * number));
        }
        for (int i = 0; i < JOBS; i++) {
            check(squares.get(i).get() == i * i, "a thread has computed something else");
        }
        pool.shutdown();
        check(pool.awaitTermination(1, TimeUnit.HOURS), "the pool does not end");
        for (int i = 0; i < THREADS; i++) {
            startAndJoin();
        }
    }

    static void startAndJoin() throws InterruptedException {
        AtomicInteger ran = new AtomicInteger();
        Thread thread = new Thread(ran::incrementAndGet);
        thread.start();
        thread.join();
        check(ran.get() == 1, "a thread did not run");
    }

    static void stream(Random random) {
        int digits = IntStream.range(0, 100_000).parallel().mapToObj(Integer::toString).mapToInt(String::length).sum();
        check(digits == 488_890, "a parallel stream computes " + digits);
    }

    static void futures(Random random) throws ExecutionException, InterruptedException {
        CompletableFuture<Integer> sum = CompletableFuture.supplyAsync(() -> 20)
                .thenCombineAsync(CompletableFuture.supplyAsync(() -> 22), Integer::sum);
        check(sum.get() == 42, "futures");
    }

    /** Monitors and locks that threads really wait for. */
    static void locks(Random random) throws InterruptedException {
        Object monitor = new Object();
        ReentrantLock lock = new ReentrantLock();
        int[] counts = new int[2];
        List<Thread> threads = IntStream.range(0, THREADS).mapToObj(i -> new Thread(() -> {
            for (int j = 0; j < JOBS; j++) {
                synchronized (monitor) {
                    counts[0]++;
                    monitor.notifyAll();
                }
                lock.lock();
                try {
                    counts[1]++;
                } finally {
                    lock.unlock();
                }
            }
        })).toList();
        threads.forEach(Thread::start);
        synchronized (monitor) {
            while (counts[0] < THREADS * JOBS) {
                monitor.wait();
            }
        }
        for (Thread thread : threads) {
            thread.join();
        }
        check(counts[1] == THREADS * JOBS, "a lock lets two in");
    }

    static void timers(Random random) throws InterruptedException, ExecutionException {
        Thread.sleep(2);
        LockSupport.parkNanos(1_000_000);
        synchronized (random) {
            random.wait(1);
        }
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        check(timer.schedule(() -> 7, 1, TimeUnit.MILLISECONDS).get() == 7, "timer");
        timer.shutdown();
    }

    /** Where there are any; this source is for older JDKs too, hence the reflection. */
    static void virtualThreads(Random random) throws ReflectiveOperationException, InterruptedException {
        if (Runtime.version().feature() < JDK_WITH_VIRTUAL_THREADS) {
            startAndJoin();
            return;
        }
        Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
        AtomicInteger ran = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < JOBS; i++) {
            threads.add((Thread) start.invoke(null, (Runnable) () -> {
                LockSupport.parkNanos(100_000);
                ran.incrementAndGet();
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        check(ran.get() == JOBS, "virtual threads");
    }
}
