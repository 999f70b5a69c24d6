package org.multiprocessing4j.cli.bench;

/** A measurement that could not be made; the message says what and who failed, for the user to read. */
public final class BenchException extends Exception {
    private static final long serialVersionUID = 1L;

    BenchException(String message) {
        super(message);
    }

    BenchException(String message, Throwable cause) {
        super(message, cause);
    }
}
