package org.multiprocessing4j.pool;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;

/**
 * The results of {@code imap} and {@code imapUnordered}, as they come. Mirrors {@code pool.IMapIterator}. It takes from
 * its input as much as is wanted: so many items are under way at most, and the next ones are taken, in the thread that
 * calls {@code next}, when results are. So an endless input needs no more memory than a short one. A closed pool goes
 * on until the input has ended; who waits for the pool's end before having taken all results has the rest of the input
 * taken at once.
 *
 * <p>{@code next} throws the exception of a task in the place of its result, and goes on with the next one; that of the
 * input comes last. Not to be used by several threads at once.
 *
 * @param <T> the class of the results
 */
public final class IMapIterator<T> implements Iterator<T>, AutoCloseable {

    /** What came of a chunk. */
    private record Outcome(Object[] values) {}

    private final Engine engine;
    private final Function function;
    private final Iterator<?> input;
    private final int chunksize;
    private final int buffersize;
    private final boolean ordered;
    private final Progress progress;
    private final Results job;

    private int taken;
    private int returned;
    private boolean inputEnded;
    private volatile Thread consumer = Thread.currentThread();
    private Throwable inputError;
    private Object[] current = {};
    private int at;

    /** What the pool's thread leaves for the iterator's. */
    private static final class Results extends Job {
        private final boolean ordered;
        private final Deque<Outcome> inAnyOrder = new ArrayDeque<>();
        private final Map<Integer, Outcome> byIndex = new HashMap<>();

        Results(CallOptions options, boolean ordered) {
            super(options);
            this.ordered = ordered;
        }

        @Override
        boolean isLazy() {
            return true;
        }

        @Override
        synchronized void done(Chunk chunk, Object[] outcomes) {
            if (ordered) {
                byIndex.put(chunk.index, new Outcome(outcomes));
            } else {
                inAnyOrder.add(new Outcome(outcomes));
            }
            notifyAll();
        }

        /** @param nanos negative: for ever @return null if the time ran out */
        synchronized Outcome take(int index, long nanos) throws InterruptedException {
            long end = System.nanoTime() + nanos;
            while (true) {
                Outcome outcome = ordered ? byIndex.remove(index) : inAnyOrder.poll();
                long left = end - System.nanoTime();
                if (outcome != null || nanos >= 0 && left <= 0) {
                    return outcome;
                }
                if (nanos < 0) {
                    wait();
                } else {
                    wait(left / 1_000_000, (int) (left % 1_000_000));
                }
            }
        }
    }

    IMapIterator(
            Engine engine, Function function, Iterator<?> input, CallOptions options, int chunksize, int buffersize,
            boolean ordered) {
        this.engine = engine;
        this.function = function;
        this.input = input;
        this.chunksize = chunksize;
        this.buffersize = Math.max(chunksize, buffersize);
        this.ordered = ordered;
        this.progress = Progress.of(options.progress(), -1);
        this.job = new Results(options, ordered);
        engine.inputs().add(this);
        fill(this.buffersize);
    }

    /** @param most so many items may be under way */
    private synchronized void fill(int most) {
        while (!inputEnded && taken - returned <= most - chunksize) {
            List<Object> items = new ArrayList<>(chunksize);
            try {
                while (items.size() < chunksize && input.hasNext()) {
                    items.add(input.next());
                }
            } catch (RuntimeException | Error e) {
                inputError = e;
            }
            boolean last = items.size() < chunksize;
            try {
                submit(items);
            } catch (IllegalStateException e) { // the pool was terminated; what there was comes first
                inputError = e;
                last = true;
            }
            if (last) {
                endInput();
            }
        }
    }

    private void submit(List<Object> items) {
        if (!items.isEmpty()) {
            engine.submit(new Chunk(job, function, taken, items.size(), items.toArray()));
            taken += items.size();
        }
    }

    private void endInput() {
        inputEnded = true;
        engine.inputs().remove(this);
    }

    /**
     * For one who waits for the end of the pool: takes the rest of the input, as Python's {@code imap} does, if that is
     * who would take it as results, or if that thread has ended.
     */
    void takeOver() {
        Thread owner = consumer;
        if (owner == Thread.currentThread() || !owner.isAlive()) {
            fill(Integer.MAX_VALUE);
        }
    }

    /** Whether there is a next result, or will be; blocks only as long as the input does. */
    @Override
    public synchronized boolean hasNext() {
        if (at == current.length && taken == returned && !inputEnded) {
            fill(buffersize);
        }
        return at < current.length || taken > returned || inputError != null;
    }

    /**
     * The next result; waits for it.
     *
     * @throws CompletionException with a checked exception of the task, or with an InterruptedException; unchecked ones
     *     are rethrown as they are
     */
    @Override
    public T next() {
        try {
            return next(-1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        } catch (TimeoutException e) {
            throw new AssertionError("without a limit", e);
        }
    }

    /**
     * The next result; waits for it at most that long.
     *
     * @throws TimeoutException if it was not there in that time; it can be asked for again
     */
    public T next(Duration timeout) throws InterruptedException, TimeoutException {
        return next(AsyncResult.nanos(timeout));
    }

    private T next(long nanos) throws InterruptedException, TimeoutException {
        consumer = Thread.currentThread();
        if (!hasNext()) {
            progress.close();
            throw new NoSuchElementException("no more results");
        }
        if (at == current.length) {
            if (taken == returned) {
                Throwable last = inputError;
                inputError = null;
                throw AsyncResult.unchecked(last);
            }
            advance(nanos);
        }
        Object outcome = current[at];
        current[at++] = null;
        if (outcome instanceof Codec.Failure failure) {
            throw AsyncResult.unchecked(failure.error());
        }
        @SuppressWarnings("unchecked") // the caller's generics saw to it
        T value = (T) outcome;
        return value;
    }

    private void advance(long nanos) throws InterruptedException, TimeoutException {
        engine.checkMayWait();
        Outcome outcome = job.take(returned, nanos);
        if (outcome == null) {
            throw new TimeoutException("no result in that time");
        }
        current = outcome.values;
        at = 0;
        synchronized (this) {
            returned += current.length;
        }
        progress.step(current.length);
        fill(buffersize);
    }

    /** Drops what has not begun; the results that there are can still be taken, and no more come. */
    @Override
    public synchronized void close() {
        endInput();
        job.cancel();
        engine.cancel(job, false);
        taken = returned;
    }

    @Override
    public String toString() {
        return "<IMapIterator " + (ordered ? "ordered" : "unordered") + " " + returned + " of " + taken + " "
                + Arrays.toString(new int[] {chunksize, buffersize}) + ">";
    }
}
