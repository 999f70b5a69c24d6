package org.multiprocessing4j.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** A thread for each task: the common pool has one on a machine of two processors, and a task that blocks keeps it. */
public final class Threads {

    private static final Executor EXECUTOR = task -> {
        Thread thread = new Thread(task, "test task");
        thread.setDaemon(true);
        thread.start();
    };

    private Threads() {}

    /** Something that may fail in any way. */
    @FunctionalInterface
    public interface Call {
        /** Does it. */
        void run() throws Exception;
    }

    /** {@link CompletableFuture#supplyAsync(Supplier)} in a thread of its own. */
    public static <T> CompletableFuture<T> supplyAsync(Supplier<T> task) {
        return CompletableFuture.supplyAsync(task, EXECUTOR);
    }

    /** {@link CompletableFuture#runAsync(Runnable)} in a thread of its own. */
    public static CompletableFuture<Void> runAsync(Runnable task) {
        return CompletableFuture.runAsync(task, EXECUTOR);
    }

    /** A wait without an end, in a thread of its own, ends with InterruptedException when the thread is interrupted. */
    public static void assertInterruptible(Callable<?> wait) {
        CompletableFuture<Thread> waiter = new CompletableFuture<>();
        CompletableFuture<Object> result = supplyAsync(() -> {
            Thread.currentThread().setName("waiter");
            waiter.complete(Thread.currentThread());
            try {
                return wait.call();
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
        waiter.join().interrupt();
        assertThat(result).failsWithin(Gate.PATIENCE).withThrowableThat()
                .havingRootCause().isInstanceOf(InterruptedException.class);
    }
}
