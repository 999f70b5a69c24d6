package org.multiprocessing4j.support;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** A monitor that another thread holds until this is closed: in a child that is forked meanwhile, for good. */
public final class HeldMonitor implements AutoCloseable {

    private final CountDownLatch end = new CountDownLatch(1);
    private final CompletableFuture<Void> holder;

    /** Returns when the monitor is held. */
    public HeldMonitor(Object monitor) {
        CompletableFuture<Void> held = new CompletableFuture<>();
        holder = Threads.runAsync(() -> {
            synchronized (monitor) {
                held.complete(null);
                awaitEnd();
            }
        });
        held.join();
    }

    private void awaitEnd() {
        try {
            end.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        end.countDown();
        holder.join();
    }
}
