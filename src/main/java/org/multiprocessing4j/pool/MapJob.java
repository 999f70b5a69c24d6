package org.multiprocessing4j.pool;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** A call whose results are wanted together, or a call with one. */
final class MapJob<T> extends Job {
    final AsyncResult<T> result;
    private final boolean single;
    private final Object[] results;
    private final Progress progress;
    private int missing;
    private Throwable error;

    MapJob(Engine engine, CallOptions options, int items, boolean single) {
        super(options);
        this.single = single;
        this.results = new Object[items];
        this.missing = items;
        this.progress = Progress.of(options.progress(), items);
        this.result = new AsyncResult<>(engine, this);
        if (items == 0) {
            finish();
        }
    }

    @Override
    boolean comesInParts() {
        return !single;
    }

    @Override
    void cancel() {
        super.cancel();
        progress.close();
    }

    @Override
    synchronized void done(Chunk chunk, Object[] outcomes) {
        for (int i = 0; i < outcomes.length; i++) {
            if (outcomes[i] instanceof Codec.Failure failure) {
                error = error == null ? failure.error() : error; // as CPython: the first one that comes
            } else {
                results[chunk.index + i] = outcomes[i];
            }
        }
        missing -= outcomes.length;
        progress.step(outcomes.length);
        if (missing == 0) {
            finish();
        }
    }

    private void finish() {
        progress.close();
        if (error != null) {
            callBack(options.errorCallback(), error);
            result.completeExceptionally(error);
            return;
        }
        Object value = single ? results[0] : list(results);
        callBack(options.callback(), value);
        @SuppressWarnings("unchecked") // the caller's generics saw to it
        T typed = (T) value;
        result.complete(typed);
    }

    private static List<Object> list(Object[] results) {
        return Collections.unmodifiableList(Arrays.asList(results)); // List.of takes no nulls
    }

    private static <V> void callBack(java.util.function.Consumer<? super V> callback, V value) {
        if (callback != null) {
            try {
                callback.accept(value);
            } catch (RuntimeException | Error e) { // in CPython it would end the thread, and with it the pool
                System.getLogger("org.multiprocessing4j").log(System.Logger.Level.ERROR, "a callback failed", e);
            }
        }
    }
}
