package org.multiprocessing4j.pool;

import java.io.Serializable;
import java.util.concurrent.Callable;

/**
 * What a pool calls in a worker: a serializable function that is free to throw, as a lambda or a method reference.
 *
 * @param <R> the class of its results
 */
@FunctionalInterface
public interface Task<R> extends Callable<R>, Serializable {

    /** A task with one argument. */
    @FunctionalInterface
    interface Of1<A, R> extends Serializable {
        /** Runs in a worker. */
        R call(A a) throws Exception;
    }

    /** A task with two arguments. */
    @FunctionalInterface
    interface Of2<A, B, R> extends Serializable {
        /** Runs in a worker. */
        R call(A a, B b) throws Exception;
    }

    /** A task with three arguments. */
    @FunctionalInterface
    interface Of3<A, B, C, R> extends Serializable {
        /** Runs in a worker. */
        R call(A a, B b, C c) throws Exception;
    }

    /** A task with four arguments. */
    @FunctionalInterface
    interface Of4<A, B, C, D, R> extends Serializable {
        /** Runs in a worker. */
        R call(A a, B b, C c, D d) throws Exception;
    }

    /** A task without a result. */
    @FunctionalInterface
    interface Action extends Runnable, Serializable {}
}
