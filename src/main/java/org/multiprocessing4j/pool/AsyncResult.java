package org.multiprocessing4j.pool;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The result of a call that may be under way. Mirrors {@code multiprocessing.pool.AsyncResult}; it is a {@code Future}
 * and a {@code CompletionStage}, too, whose dependent actions run in the pool's thread, as Python's callbacks do: they
 * should be short, and must not wait for the pool.
 *
 * <p>An exception of the task is rethrown as it is by {@link #get(Duration)} and {@link #result()}, a checked one as
 * the cause of a {@link CompletionException}; {@link #get()} throws an {@link ExecutionException} as each Future does.
 * Its trace in the worker is the cause of the exception.
 *
 * @param <T> the class of the result
 */
public final class AsyncResult<T> extends CompletableFuture<T> {

    private final Engine engine;
    private final Job job;

    AsyncResult(Engine engine, Job job) {
        this.engine = engine;
        this.job = job;
    }

    /**
     * Waits for the result; Python's {@code get()}.
     *
     * @throws CancellationException if the call was cancelled, or the pool terminated
     */
    public T result() throws InterruptedException {
        checkMayWait();
        try {
            return get();
        } catch (CancellationException e) {
            throw reason(e);
        } catch (ExecutionException e) {
            throw unchecked(e.getCause());
        }
    }

    /**
     * Waits for the result, at most that long; Python's {@code get(timeout)}.
     *
     * @throws TimeoutException if it was not there in that time; the call goes on
     */
    public T get(Duration timeout) throws InterruptedException, TimeoutException {
        if (!isDone()) {
            checkMayWait();
        }
        try {
            return get(nanos(timeout), TimeUnit.NANOSECONDS);
        } catch (CancellationException e) {
            throw reason(e);
        } catch (ExecutionException e) {
            throw unchecked(e.getCause());
        }
    }

    /** What it was cancelled with: newer JDKs make it the cause of an exception that says nothing. */
    private static CancellationException reason(CancellationException e) {
        return e.getCause() instanceof CancellationException cause ? cause : e;
    }

    /** Waits until the call is done, however it ends. Python's {@code wait()}. */
    public void await() throws InterruptedException {
        checkMayWait();
        awaitNanos(Long.MAX_VALUE);
    }

    /** Waits at most that long until the call is done. @return whether it is */
    public boolean await(Duration timeout) throws InterruptedException {
        return awaitNanos(nanos(timeout));
    }

    private boolean awaitNanos(long nanos) throws InterruptedException {
        try {
            get(nanos, TimeUnit.NANOSECONDS);
        } catch (ExecutionException | CancellationException e) {
            return true; // whoever asks for the result gets it
        } catch (TimeoutException e) {
            return false;
        }
        return true;
    }

    /** Whether the call is done. */
    public boolean ready() {
        return isDone();
    }

    /**
     * Whether the call is done and has not failed.
     *
     * @throws IllegalStateException "… not ready"
     */
    public boolean successful() {
        if (!isDone()) {
            throw new IllegalStateException(this + " not ready");
        }
        return !isCompletedExceptionally();
    }

    /**
     * Cancels the call: tasks that wait are dropped.
     *
     * @param mayInterruptIfRunning whether a worker that runs a task of it is killed; another one takes its place
     */
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        if (cancelled && job != null) {
            job.cancel();
            engine.cancel(job, mayInterruptIfRunning);
        }
        return cancelled;
    }

    /** What depends on it is an ordinary one. */
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }

    private void checkMayWait() {
        if (!isDone()) {
            engine.checkMayWait();
        }
    }

    static long nanos(Duration timeout) {
        try {
            return Math.max(0, timeout.toNanos());
        } catch (ArithmeticException e) { // more than 292 years
            return timeout.isNegative() ? 0 : Long.MAX_VALUE;
        }
    }

    /** The exception to throw for what a task threw. */
    static RuntimeException unchecked(Throwable error) {
        if (error instanceof Error fatal) {
            throw fatal;
        }
        return error instanceof RuntimeException unchecked ? unchecked : new CompletionException(error);
    }
}
