package org.multiprocessing4j.pool;

import java.io.Serial;

/**
 * The pool has ended, most often since its workers could not be started again and again; the cause says why. Mirrors
 * {@code concurrent.futures.process.BrokenProcessPool}; Python's {@code Pool} starts workers for ever.
 */
public final class BrokenPoolException extends IllegalStateException {

    @Serial
    private static final long serialVersionUID = 1L;

    BrokenPoolException(String message, Throwable cause) {
        super(message, cause);
    }
}
