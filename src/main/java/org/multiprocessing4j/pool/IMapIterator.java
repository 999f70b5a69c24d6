package org.multiprocessing4j.pool;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.multiprocessing4j.util.Cleaners;

/**
 * The results of {@code imap} and {@code imapUnordered}, as they come. Mirrors {@code pool.IMapIterator}. It takes from
 * its input as much as is wanted: so many items are under way at most, and the next ones are taken when results are, in
 * a thread of its own unless the input is a collection. So an endless input needs no more memory than a short one, and
 * a slow one holds up no result. A closed pool goes on until the input has ended; who waits for the pool's end before
 * having taken all results has the rest of the input taken meanwhile.
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
    private final Feed feed;
    private final boolean ordered;
    private final Progress progress;
    private final Results job;

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
        boolean comesInParts() {
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
            Engine engine, Function function, Iterable<?> input, CallOptions options, int chunksize, int buffersize,
            boolean ordered) {
        this.engine = engine;
        this.ordered = ordered;
        this.progress = Progress.of(options.progress(), -1);
        this.job = new Results(options, ordered);
        this.feed = new Feed(engine, function, input.iterator(), job, chunksize, buffersize);
        Feed abandoned = feed;
        Cleaners.shared().register(this, () -> abandoned.end(null));
        feed.start(input instanceof Collection);
    }

    /**
     * Whether there is a next result, or will be; blocks only as long as the input does.
     *
     * @throws CompletionException with an InterruptedException
     */
    @Override
    public boolean hasNext() {
        try {
            return hasNext(-1);
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (TimeoutException e) {
            throw new AssertionError("without a limit", e);
        }
    }

    private boolean hasNext(long nanos) throws InterruptedException, TimeoutException {
        if (at < current.length || feed.awaitNext(nanos)) {
            return true;
        }
        progress.close();
        return false;
    }

    private static CompletionException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new CompletionException(e);
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
            throw interrupted(e);
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
        long start = nanos < 0 ? 0 : System.nanoTime();
        if (!hasNext(nanos)) {
            throw new NoSuchElementException("no more results");
        }
        if (at == current.length) {
            int index = feed.next();
            if (index < 0) {
                throw AsyncResult.unchecked(feed.takeError());
            }
            advance(index, nanos < 0 ? -1 : Math.max(0, nanos - (System.nanoTime() - start)));
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

    private void advance(int index, long nanos) throws InterruptedException, TimeoutException {
        engine.checkMayWait();
        Outcome outcome = job.take(index, nanos);
        if (outcome == null) {
            throw new TimeoutException("no result in that time");
        }
        current = outcome.values;
        at = 0;
        feed.returned(current.length);
        progress.step(current.length);
    }

    /** Drops what has not begun; the results that there are can still be taken, and no more come. */
    @Override
    public void close() {
        feed.close();
        progress.close();
    }

    @Override
    public String toString() {
        return "<IMapIterator " + (ordered ? "ordered" : "unordered") + " " + feed + ">";
    }
}
