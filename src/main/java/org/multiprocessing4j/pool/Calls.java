package org.multiprocessing4j.pool;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * The calls of a pool, each with the same options. What blocks rethrows what a task threw; see {@link AsyncResult}.
 * Functions, arguments and results are copies, as in Python: what a worker changes in them the caller does not see.
 *
 * <p>Differing from Python an item that fails does not take the rest of its chunk along; {@code map} runs all tasks and
 * throws the first exception that came, as in Python.
 */
public abstract class Calls {

    /** How many chunks {@code imap} has under way for each worker, if nothing is said of it. */
    private static final int IMAP_CHUNKS = 64;

    private static final int CHUNKS_PER_WORKER = 4;

    private final Engine engine;
    private final CallOptions options;

    Calls(Engine engine, CallOptions options) {
        this.engine = engine;
        this.options = options;
    }

    final Engine engine() {
        return engine;
    }

    /** The same pool, with these options for each call. */
    public final Calls withOptions(CallOptions options) {
        return new Calls(engine, options) {};
    }

    // One call

    /** Calls a function in a worker, and waits for its result. */
    public final <R> R apply(Task<R> function) throws InterruptedException {
        return applyAsync(function).result();
    }

    /** Calls a function with an argument, and waits for its result. */
    public final <A, R> R apply(Task.Of1<A, R> function, A a) throws InterruptedException {
        return applyAsync(function, a).result();
    }

    /** Calls a function with two arguments, and waits for its result. */
    public final <A, B, R> R apply(Task.Of2<A, B, R> function, A a, B b) throws InterruptedException {
        return applyAsync(function, a, b).result();
    }

    /** Calls a function with three arguments, and waits for its result. */
    public final <A, B, C, R> R apply(Task.Of3<A, B, C, R> function, A a, B b, C c) throws InterruptedException {
        return applyAsync(function, a, b, c).result();
    }

    /** Calls a function with four arguments, and waits for its result. */
    public final <A, B, C, D, R> R apply(Task.Of4<A, B, C, D, R> function, A a, B b, C c, D d)
            throws InterruptedException {
        return applyAsync(function, a, b, c, d).result();
    }

    /** Has a function called in a worker. */
    public final <R> AsyncResult<R> applyAsync(Task<R> function) {
        return one(new Function(0, function));
    }

    /** Has a function called with an argument. */
    public final <A, R> AsyncResult<R> applyAsync(Task.Of1<A, R> function, A a) {
        return one(new Function(1, function), a);
    }

    /** Has a function called with two arguments. */
    public final <A, B, R> AsyncResult<R> applyAsync(Task.Of2<A, B, R> function, A a, B b) {
        return one(new Function(2, function), a, b);
    }

    /** Has a function called with three arguments. */
    public final <A, B, C, R> AsyncResult<R> applyAsync(Task.Of3<A, B, C, R> function, A a, B b, C c) {
        return one(new Function(3, function), a, b, c);
    }

    /** Has a function called with four arguments. */
    public final <A, B, C, D, R> AsyncResult<R> applyAsync(Task.Of4<A, B, C, D, R> function, A a, B b, C c, D d) {
        return one(new Function(4, function), a, b, c, d);
    }

    /** One call of what a function of any kind is. */
    final <R> AsyncResult<R> one(Function function, Object... arguments) {
        MapJob<R> job = new MapJob<>(engine, options, 1, true);
        engine.submit(new Chunk(job, function, 0, 1, arguments));
        return job.result;
    }

    // map

    /** Calls a function with each item, and waits for all results, in the items' order. */
    public final <A, R> List<R> map(Task.Of1<A, R> function, Iterable<? extends A> items)
            throws InterruptedException {
        return this.<A, R>mapAsync(function, items).result();
    }

    /** As {@link #map(Task.Of1, Iterable)}, with so many items to a task. */
    public final <A, R> List<R> map(Task.Of1<A, R> function, Iterable<? extends A> items, int chunksize)
            throws InterruptedException {
        return this.<A, R>mapAsync(function, items, chunksize).result();
    }

    /** Has a function called with each item. By default there are four chunks for each worker, as in Python. */
    public final <A, R> AsyncResult<List<R>> mapAsync(Task.Of1<A, R> function, Iterable<? extends A> items) {
        return all(new Function(1, function), items, options);
    }

    /**
     * As {@link #mapAsync(Task.Of1, Iterable)}, with so many items to a task.
     *
     * @throws IllegalArgumentException if {@code chunksize} is less than 1
     */
    public final <A, R> AsyncResult<List<R>> mapAsync(
            Task.Of1<A, R> function, Iterable<? extends A> items, int chunksize) {
        return all(new Function(1, function), items, options.chunksize(chunksize));
    }

    /** As {@code map}, for a function with two parameters. */
    public final <A, B, R> List<R> starmap(Task.Of2<A, B, R> function, Iterable<Args.Of2<A, B>> items)
            throws InterruptedException {
        return starmapAsync(function, items).result();
    }

    /** As {@code map}, for a function with three parameters. */
    public final <A, B, C, R> List<R> starmap(Task.Of3<A, B, C, R> function, Iterable<Args.Of3<A, B, C>> items)
            throws InterruptedException {
        return starmapAsync(function, items).result();
    }

    /** As {@code map}, for a function with four parameters. */
    public final <A, B, C, D, R> List<R> starmap(
            Task.Of4<A, B, C, D, R> function, Iterable<Args.Of4<A, B, C, D>> items) throws InterruptedException {
        return starmapAsync(function, items).result();
    }

    /** As {@code mapAsync}, for a function with two parameters. */
    public final <A, B, R> AsyncResult<List<R>> starmapAsync(
            Task.Of2<A, B, R> function, Iterable<Args.Of2<A, B>> items) {
        return all(new Function(2, function), items, options);
    }

    /** As {@code mapAsync}, for a function with three parameters. */
    public final <A, B, C, R> AsyncResult<List<R>> starmapAsync(
            Task.Of3<A, B, C, R> function, Iterable<Args.Of3<A, B, C>> items) {
        return all(new Function(3, function), items, options);
    }

    /** As {@code mapAsync}, for a function with four parameters. */
    public final <A, B, C, D, R> AsyncResult<List<R>> starmapAsync(
            Task.Of4<A, B, C, D, R> function, Iterable<Args.Of4<A, B, C, D>> items) {
        return all(new Function(4, function), items, options);
    }

    private <R> AsyncResult<List<R>> all(Function function, Iterable<?> items, CallOptions how) {
        engine.begin();
        try {
            Object[] all = toArray(items);
            MapJob<List<R>> job = new MapJob<>(engine, how, all.length, false);
            int chunksize = how.chunksize() > 0 ? how.chunksize() : defaultChunksize(all.length);
            for (int i = 0; i < all.length; i += chunksize) {
                int end = Math.min(all.length, i + chunksize);
                engine.submit(new Chunk(job, function, i, end - i, arguments(function.arity, all, i, end)));
            }
            return job.result;
        } finally {
            engine.inputs().begun();
        }
    }

    private static Object[] toArray(Iterable<?> items) {
        if (items instanceof Collection<?> collection) {
            return collection.toArray();
        }
        List<Object> all = new ArrayList<>();
        items.forEach(all::add);
        return all.toArray();
    }

    private static Object[] arguments(int arity, Object[] all, int from, int to) {
        if (arity == 1) {
            return Arrays.copyOfRange(all, from, to);
        }
        Object[] arguments = new Object[(to - from) * arity];
        for (int i = from; i < to; i++) {
            System.arraycopy(((Args) all[i]).toArray(), 0, arguments, (i - from) * arity, arity);
        }
        return arguments;
    }

    /** CPython's {@code divmod(len, n * 4)}, rounded up. */
    private int defaultChunksize(int items) {
        int parts = engine.size() * CHUNKS_PER_WORKER;
        return Math.max(1, items / parts + (items % parts == 0 ? 0 : 1));
    }

    // imap

    /** Calls a function with each item; the results come in the items' order, as soon as they are there. */
    public final <A, R> IMapIterator<R> imap(Task.Of1<A, R> function, Iterable<? extends A> items) {
        return lazily(function, items, options, true);
    }

    /** As {@link #imap(Task.Of1, Iterable)}, with so many items to a task. */
    public final <A, R> IMapIterator<R> imap(Task.Of1<A, R> function, Iterable<? extends A> items, int chunksize) {
        return lazily(function, items, options.chunksize(chunksize), true);
    }

    /** Calls a function with each item; the results come in the order in which they are ready. */
    public final <A, R> IMapIterator<R> imapUnordered(Task.Of1<A, R> function, Iterable<? extends A> items) {
        return lazily(function, items, options, false);
    }

    /** As {@link #imapUnordered(Task.Of1, Iterable)}, with so many items to a task. */
    public final <A, R> IMapIterator<R> imapUnordered(
            Task.Of1<A, R> function, Iterable<? extends A> items, int chunksize) {
        return lazily(function, items, options.chunksize(chunksize), false);
    }

    private <R> IMapIterator<R> lazily(Object function, Iterable<?> input, CallOptions how, boolean ordered) {
        int chunksize = Math.max(1, how.chunksize());
        long buffer = how.buffersize() > 0 ? how.buffersize() : (long) IMAP_CHUNKS * engine.size() * chunksize;
        engine.begin();
        try {
            return new IMapIterator<>(
                    engine, new Function(1, function), input, how, chunksize,
                    (int) Math.min(buffer, Integer.MAX_VALUE / 2), ordered);
        } finally {
            engine.inputs().begun();
        }
    }
}
