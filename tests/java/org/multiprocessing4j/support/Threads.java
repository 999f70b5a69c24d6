package org.multiprocessing4j.support;

import java.util.concurrent.CompletableFuture;
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

    /** {@link CompletableFuture#supplyAsync(Supplier)} in a thread of its own. */
    public static <T> CompletableFuture<T> supplyAsync(Supplier<T> task) {
        return CompletableFuture.supplyAsync(task, EXECUTOR);
    }

    /** {@link CompletableFuture#runAsync(Runnable)} in a thread of its own. */
    public static CompletableFuture<Void> runAsync(Runnable task) {
        return CompletableFuture.runAsync(task, EXECUTOR);
    }
}
