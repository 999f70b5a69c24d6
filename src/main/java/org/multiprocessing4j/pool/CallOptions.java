package org.multiprocessing4j.pool;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * How calls are made; what is not set has its default. See {@link Calls#withOptions}.
 *
 * @param chunksize how many items of an iterable make a task; 0: as many as the kind of call has by default
 * @param timeout how long a task may run, for a chunk as a whole, before its worker is killed; null: for ever
 * @param retries how often a task is run again whose worker died
 * @param buffersize how many items {@code imap} takes from its input before their results are taken; 0: by default
 * @param progress the label of a progress bar on stderr; null: none
 * @param callback gets the result, in the pool's thread, before it is ready elsewhere; null: none
 * @param errorCallback gets the exception of a call that failed; null: none
 */
public record CallOptions(
        int chunksize, Duration timeout, int retries, int buffersize, String progress,
        Consumer<Object> callback, Consumer<Throwable> errorCallback) {

    /** The defaults. */
    public static final CallOptions DEFAULT = new CallOptions(0, null, 0, 0, null, null, null);

    /** Checks the numbers. */
    public CallOptions {
        if (timeout != null && (timeout.isNegative() || timeout.isZero())) {
            throw new IllegalArgumentException("timeout " + timeout + " is not positive");
        }
        if (retries < 0) {
            throw new IllegalArgumentException("retries " + retries + " is negative");
        }
        if (chunksize < 0 || buffersize < 0) {
            throw new IllegalArgumentException("chunksize and buffersize must be >= 1");
        }
    }

    /** As these, with that many items to a task. */
    public CallOptions chunksize(int items) {
        return new CallOptions(atLeastOne("Chunksize", items), timeout, retries, buffersize, progress, callback,
                errorCallback);
    }

    /** As these, with that limit to a task's time. */
    public CallOptions timeout(Duration limit) {
        return new CallOptions(chunksize, limit, retries, buffersize, progress, callback, errorCallback);
    }

    /** As these, with so many retries. */
    public CallOptions retries(int times) {
        return new CallOptions(chunksize, timeout, times, buffersize, progress, callback, errorCallback);
    }

    /** As these, with so many items under way. */
    public CallOptions buffersize(int items) {
        return new CallOptions(chunksize, timeout, retries, atLeastOne("buffersize", items), progress, callback,
                errorCallback);
    }

    /** As these, with a progress bar. */
    public CallOptions progress(String label) {
        return new CallOptions(chunksize, timeout, retries, buffersize, label, callback, errorCallback);
    }

    /** As these, with somebody who gets the results. */
    public CallOptions callback(Consumer<Object> consumer) {
        return new CallOptions(chunksize, timeout, retries, buffersize, progress, consumer, errorCallback);
    }

    /** As these, with somebody who gets the errors. */
    public CallOptions errorCallback(Consumer<Throwable> consumer) {
        return new CallOptions(chunksize, timeout, retries, buffersize, progress, callback, consumer);
    }

    private static int atLeastOne(String what, int number) {
        if (number < 1) {
            throw new IllegalArgumentException(what + " must be 1+, not " + number);
        }
        return number;
    }
}
