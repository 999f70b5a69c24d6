package org.multiprocessing4j.support;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;

/** Threads that do something again and again, until they are closed. */
public final class BusyThreads implements AutoCloseable {

    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private volatile boolean over;

    /** Starts one that calls {@code work}, in a loop that ends with {@link #close}. */
    public BusyThreads with(Callable<?> work) {
        Thread thread = new Thread(() -> {
            try {
                while (!over) {
                    work.call();
                }
            } catch (Exception e) {
                failure.compareAndSet(null, e);
            }
        });
        threads.add(thread);
        thread.start();
        return this;
    }

    /**
     * Waits until all have come to their end.
     *
     * @throws AssertionError if one failed, and so was not busy all the time; or if the caller is interrupted
     */
    @Override
    public void close() {
        over = true;
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("a busy thread does not end", e);
        }
        if (failure.get() != null) {
            throw new AssertionError("a busy thread failed", failure.get());
        }
    }
}
