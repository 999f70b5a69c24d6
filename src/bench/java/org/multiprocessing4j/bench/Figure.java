package org.multiprocessing4j.bench;

/**
 * Something that is measured.
 *
 * <p>Each writes its own loop: were the operation a parameter of one common loop, the compiler would find so many of
 * them there that it inlined none.
 */
@FunctionalInterface
interface Figure {

    /** Performs so many operations and returns the nanoseconds, bytes or KiB that all of them took together. */
    long run(int iterations) throws Exception;
}
