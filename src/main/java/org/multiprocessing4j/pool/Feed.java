package org.multiprocessing4j.pool;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The input of an {@link IMapIterator}. A thread of its own takes it, as CPython's task handler does: so the first
 * result is there as soon as it can be, however slowly the input comes, and an input may wait for results. What a
 * collection holds is at hand, and is taken without that thread, by whoever takes results. A feed does not know its
 * iterator, which may be collected meanwhile. Thread-safe.
 */
final class Feed implements Runnable {

    /** So many chunks under way keep all workers busy when half of them are done. */
    private static final int MANY = 32;

    /** There is room for so many items of a chunk from the beginning. */
    private static final int FEW = 64;

    private final Engine engine;
    private final Function function;
    private final Iterator<?> input;
    private final Job job;
    private final int chunksize;
    private final int buffersize;
    /** When it has waited for room it goes on at so many: it is not woken for each one, if there may be many. */
    private final int goOnAt;
    /** Held while items are taken: another thread may take over just then. */
    private final Object taking = new Object();
    private volatile Thread consumer = Thread.currentThread();

    private int taken;
    private int returned;
    private boolean ended;
    private boolean unlimited;
    /** Who takes results takes the input, too: there is no thread for it. */
    private boolean atHand;
    private Throwable error;

    Feed(Engine engine, Function function, Iterator<?> input, Job job, int chunksize, int buffersize) {
        this.engine = engine;
        this.function = function;
        this.input = input;
        this.job = job;
        this.chunksize = chunksize;
        this.buffersize = Math.max(chunksize, buffersize);
        int chunks = this.buffersize / chunksize;
        this.goOnAt = this.buffersize - chunksize - chunks / (chunks < MANY ? 8 : 2) * chunksize;
    }

    /**
     * Begins; until it has ended a closed pool goes on.
     *
     * @param atHand whether the input never waits for anything
     */
    void start(boolean atHand) {
        engine.inputs().add(this);
        if (atHand) {
            this.atHand = true;
            take();
        } else {
            startThread();
        }
    }

    private void startThread() {
        Thread thread = new Thread(this, "multiprocessing pool input");
        thread.setDaemon(true);
        thread.start();
    }

    // Taking it: in its thread, or in that of the results

    @Override
    public void run() {
        try {
            while (awaitRoom()) {
                submit();
            }
        } catch (InterruptedException | RuntimeException | Error e) { // of the input, or the pool was terminated
            end(e);
        }
    }

    /** Takes what there is room for. */
    private void take() {
        try {
            while (hasRoom()) {
                submit();
            }
        } catch (RuntimeException | Error e) {
            end(e);
        }
    }

    private synchronized boolean hasRoom() {
        return atHand && !ended && taken - returned <= buffersize - chunksize;
    }

    private synchronized boolean awaitRoom() throws InterruptedException {
        if (taken - returned > buffersize - chunksize) {
            while (!ended && !unlimited && taken - returned > goOnAt) {
                wait();
            }
        }
        return !ended;
    }

    private void submit() {
        List<Object> items = new ArrayList<>(Math.min(chunksize, FEW)); // there may be less than a chunk takes
        synchronized (taking) {
            try {
                while (items.size() < chunksize && input.hasNext()) {
                    items.add(input.next());
                }
            } finally { // what there was before the input failed
                if (!items.isEmpty()) {
                    engine.submit(new Chunk(job, function, taken, items.size(), items.toArray()));
                    submitted(items.size());
                }
            }
        }
        if (items.size() < chunksize) {
            end(null);
        }
    }

    private void submitted(int items) {
        synchronized (this) {
            if (!ended) {
                taken += items;
                notifyAll();
                return;
            }
        }
        engine.cancel(job, false); // it was closed meanwhile
    }

    /** Takes no more. */
    void end(Throwable failure) {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            error = failure;
            notifyAll();
        }
        engine.inputs().remove(this);
    }

    // Elsewhere

    /** Nobody wants any more results. */
    void close() {
        end(null);
        synchronized (this) {
            taken = returned;
            error = null;
        }
        job.cancel();
        engine.cancel(job, false);
    }

    /**
     * Waits until there is something under way, or until there is none and no more will come.
     *
     * @param nanos negative: for ever
     * @return false if there is nothing, and nothing in {@link #takeError()} either
     * @throws TimeoutException if the time ran out
     */
    synchronized boolean awaitNext(long nanos) throws InterruptedException, TimeoutException {
        consumer = Thread.currentThread();
        long end = System.nanoTime() + nanos;
        while (taken == returned && !ended) {
            engine.checkMayWait();
            long left = end - System.nanoTime();
            if (nanos < 0) {
                wait();
            } else if (left > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } else {
                throw new TimeoutException("no input in that time");
            }
        }
        return taken > returned || error != null;
    }

    /** The index of the next result; negative if what comes next is {@link #takeError()}. */
    synchronized int next() {
        return taken > returned ? returned : -1;
    }

    /** What the input failed with. */
    synchronized Throwable takeError() {
        Throwable last = error;
        error = null;
        return last;
    }

    /** So many results were taken. */
    void returned(int items) {
        synchronized (this) {
            returned += items;
            if (!atHand && taken - returned <= goOnAt) {
                notifyAll();
            }
        }
        take();
    }

    /**
     * For one who waits for the end of the pool: has the rest of the input taken, if that is who would take the
     * results, or if that thread has ended.
     */
    void takeOver() {
        Thread owner = consumer;
        if (owner == Thread.currentThread() || !owner.isAlive()) {
            setUnlimited(true);
            if (noLongerAtHand()) {
                startThread();
            }
        }
    }

    private synchronized boolean noLongerAtHand() {
        boolean was = atHand;
        atHand = false;
        return was && !ended;
    }

    /** The results are wanted as they are taken, or the whole input at once. */
    synchronized void setUnlimited(boolean unlimited) {
        this.unlimited = unlimited;
        notifyAll();
    }

    @Override
    public synchronized String toString() {
        return returned + " of " + taken + " [" + chunksize + ", " + buffersize + "]";
    }
}
