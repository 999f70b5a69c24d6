package org.multiprocessing4j.pool;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An {@code ExecutorService} whose workers are processes. Mirrors {@code concurrent.futures.ProcessPoolExecutor}. Code
 * that was written for threads moves to processes by changing the line that makes the executor:
 *
 * <pre>{@code
 * var executor = new ProcessPoolExecutor(4);                    // Executors.newFixedThreadPool(4)
 * Future<Integer> answer = executor.submit(() -> compute(42));
 * }</pre>
 *
 * <p>Tasks and results are copied, so tasks must be serializable. A lambda is if it is an argument of this class's own
 * {@code submit}; where the variable is declared as an {@code ExecutorService} it has to be made so by a cast. A task
 * that is not is rejected with a text that names what is not serializable. A task whose worker dies fails with a {@link
 * WorkerDiedException} as its cause, and the executor goes on; Python's is broken from then on.
 *
 * <p>An {@code ExecutorCompletionService} over it works. {@code CompletableFuture.supplyAsync(task, executor)} and its
 * like do not: what they have executed holds their future, which is an object of this process. {@link
 * #supplyAsync(Task)} and {@link #runAsync(Task.Action)} are there instead.
 */
public final class ProcessPoolExecutor extends AbstractExecutorService {

    /** What an ExecutorCompletionService wraps its tasks in. */
    private static final String QUEUEING = ExecutorCompletionService.class.getName() + "$QueueingFuture";

    private static final System.Logger LOGGER = System.getLogger("org.multiprocessing4j");

    private final Pool pool;
    /** The task that this thread has had made, and has not had executed: the next thing may be that in a wrapping. */
    private final ThreadLocal<Remote<?>> made = new ThreadLocal<>();
    private final Set<Runnable> waiting = Collections.synchronizedSet(new LinkedHashSet<>());

    /** As many workers as there are processors. */
    public ProcessPoolExecutor() {
        this(Pool.builder());
    }

    /**
     * So many workers.
     *
     * @throws IllegalArgumentException "Number of processes must be at least 1"
     */
    public ProcessPoolExecutor(int maxWorkers) {
        this(Pool.builder().processes(maxWorkers));
    }

    /** Workers as described: with an initializer, a start method, limits to tasks and memory. */
    public ProcessPoolExecutor(Pool.Builder workers) {
        pool = workers.build();
    }

    /** Has a task run in a worker: a lambda is serializable here. */
    public <T> Future<T> submit(Task<T> task) {
        return submit((Callable<T>) task);
    }

    /** Has a task without a result run in a worker: a lambda is serializable here. */
    public Future<?> submit(Task.Action task) {
        return submit((Runnable) task);
    }

    /** As {@code CompletableFuture.supplyAsync}: a future to which actions can be added, which run in this process. */
    public <T> CompletableFuture<T> supplyAsync(Task<T> task) {
        return pool.applyAsync(task);
    }

    /** As {@code CompletableFuture.runAsync}. */
    public CompletableFuture<Void> runAsync(Task.Action task) {
        return pool.one(new Function(Function.ACTION, task));
    }

    /** Calls a function with each item, and gives the results in the items' order, as they come. */
    public <A, R> IMapIterator<R> map(Task.Of1<A, R> function, Iterable<? extends A> items) {
        return pool.imap(function, items);
    }

    /** As {@link #map(Task.Of1, Iterable)}, with so many items to a task. */
    public <A, R> IMapIterator<R> map(Task.Of1<A, R> function, Iterable<? extends A> items, int chunksize) {
        return pool.imap(function, items, chunksize);
    }

    /** What the workers have done so far. */
    public Insights insights() {
        return pool.insights();
    }

    /** A future that runs in a worker when it is executed. */
    private final class Remote<T> extends FutureTask<T> {
        private final Function function;
        private final T value;
        private boolean isUnheard;
        private AsyncResult<?> call;
        private Runnable follower;

        Remote(Callable<T> task) {
            super(task);
            this.function = new Function(0, task);
            this.value = null;
        }

        Remote(Runnable task, T value) {
            super(task, value);
            this.function = new Function(Function.ACTION, task);
            this.value = value;
        }

        @SuppressWarnings("unchecked") // the task's own result
        void start() {
            AsyncResult<Object> call = pool.one(function);
            synchronized (this) {
                this.call = call;
            }
            call.whenComplete((result, error) -> {
                if (error instanceof CancellationException) {
                    super.cancel(false);
                } else if (error != null) {
                    setException(error);
                    if (isUnheard) {
                        LOGGER.log(System.Logger.Level.ERROR, "a task that was executed has failed", error);
                    }
                } else {
                    set(function.arity == Function.ACTION ? value : (T) result);
                }
            });
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            boolean cancelled = super.cancel(mayInterruptIfRunning);
            synchronized (this) {
                if (cancelled && call != null) {
                    call.cancel(mayInterruptIfRunning);
                }
            }
            return cancelled;
        }

        @Override
        protected void done() {
            waiting.remove(this);
            if (follower != null) {
                follower.run();
            }
        }
    }

    @Override
    protected <T> RunnableFuture<T> newTaskFor(Callable<T> task) {
        Remote<T> remote = new Remote<>(task);
        made.set(remote);
        return remote;
    }

    @Override
    protected <T> RunnableFuture<T> newTaskFor(Runnable task, T value) {
        Remote<T> remote = new Remote<>(task, value);
        made.set(remote);
        return remote;
    }

    /**
     * Has a task run in a worker. Nobody waits for it: what it throws is logged as an error.
     *
     * @throws RejectedExecutionException after {@link #shutdown()}, if the pool is broken, or if the task is not
     *     serializable
     */
    @Override
    public void execute(Runnable command) {
        Remote<?> remote = remote(command);
        if (remote.function.code() == command) {
            checkSerializable(remote.function); // nobody would hear of it
        }
        waiting.add(remote);
        try {
            remote.start();
        } catch (IllegalStateException e) {
            waiting.remove(remote);
            throw new RejectedExecutionException(e.getMessage(), e);
        }
    }

    private Remote<?> remote(Runnable command) {
        Remote<?> wrapped = made.get();
        made.remove();
        if (command instanceof Remote<?> known) {
            return known;
        }
        if (wrapped != null && command.getClass().getName().equals(QUEUEING)) {
            wrapped.follower = command; // it finds the task done, and queues it
            return wrapped;
        }
        if (command instanceof CompletableFuture.AsynchronousCompletionTask) {
            throw new RejectedExecutionException("what CompletableFuture has executed holds an object of this process: "
                    + "use the executor's own supplyAsync(Task) or runAsync(Task.Action)");
        }
        Remote<?> plain = new Remote<>(command, null);
        plain.isUnheard = true;
        return plain;
    }

    private static void checkSerializable(Function function) {
        try {
            function.serialized();
        } catch (IllegalArgumentException e) {
            throw new RejectedExecutionException(e.getMessage(), e);
        }
    }

    /** As {@link AbstractExecutorService#invokeAny(Collection)}; what still runs then is cancelled, with its worker. */
    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks) throws InterruptedException, ExecutionException {
        CompletableFuture<T> first = any(tasks);
        try {
            return first.get();
        } finally {
            first.cancel(true);
        }
    }

    /** As {@link #invokeAny(Collection)}, but waits at most that long. */
    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<T> first = any(tasks);
        try {
            return first.get(timeout, unit);
        } finally {
            first.cancel(true);
        }
    }

    /** The first result, or the last failure; then the others are cancelled. */
    private <T> CompletableFuture<T> any(Collection<? extends Callable<T>> tasks) {
        if (tasks.isEmpty()) {
            throw new IllegalArgumentException("there are no tasks");
        }
        CompletableFuture<T> first = new CompletableFuture<>();
        List<AsyncResult<T>> calls = new ArrayList<>();
        AtomicInteger left = new AtomicInteger(tasks.size());
        try {
            for (Callable<T> task : tasks) {
                AsyncResult<T> call = pool.one(new Function(0, task));
                calls.add(call);
                call.whenComplete((result, error) -> {
                    if (error == null) {
                        first.complete(result);
                    } else if (left.decrementAndGet() == 0) {
                        first.completeExceptionally(error);
                    }
                });
            }
        } catch (IllegalStateException e) {
            first.cancel(true);
            throw new RejectedExecutionException(e.getMessage(), e);
        } catch (RuntimeException | Error e) { // a task is null
            first.cancel(true);
            throw e;
        } finally {
            first.whenComplete((result, error) -> calls.forEach(call -> call.cancel(true)));
        }
        return first;
    }

    /** As {@link #execute(Runnable)}: a lambda is serializable here. */
    public void execute(Task.Action command) {
        execute((Runnable) command);
    }

    /** Takes no more tasks; the workers end when those that there are are done. */
    @Override
    public void shutdown() {
        pool.close();
    }

    /**
     * Ends the workers, whatever they do.
     *
     * @return what was not done, which may have begun; its futures are cancelled
     */
    @Override
    public List<Runnable> shutdownNow() {
        List<Runnable> left = new ArrayList<>();
        synchronized (waiting) {
            left.addAll(waiting);
        }
        pool.terminate(); // first, so that nothing of it begins now
        left.forEach(task -> ((Future<?>) task).cancel(false));
        left.removeIf(task -> !((Future<?>) task).isCancelled()); // done meanwhile
        return left;
    }

    @Override
    public boolean isShutdown() {
        return pool.isClosed();
    }

    @Override
    public boolean isTerminated() {
        return pool.isEnded();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return pool.engine().awaitEnd(Math.max(0, unit.toNanos(timeout)));
    }

    @Override
    public String toString() {
        return "<ProcessPoolExecutor " + pool + ">";
    }
}
