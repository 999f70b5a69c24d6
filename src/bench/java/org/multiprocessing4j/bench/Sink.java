package org.multiprocessing4j.bench;

/** Where results go that nobody needs, so that the compiler has to compute them. */
final class Sink {
    private static volatile double last;

    private Sink() {}

    /** Uses a result; called once a loop, with all its results taken together. */
    static void consume(double result) {
        last = result;
    }
}
