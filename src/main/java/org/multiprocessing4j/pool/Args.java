package org.multiprocessing4j.pool;

import java.io.Serializable;

/**
 * The arguments of one call of {@code starmap}: what in Python is a tuple.
 *
 * <pre>{@code pool.starmap(Math::pow, List.of(Args.of(2.0, 5.0), Args.of(3.0, 2.0)))}</pre>
 */
public sealed interface Args extends Serializable {

    /** The arguments, in order. */
    Object[] toArray();

    /** Two arguments. */
    record Of2<A, B>(A a, B b) implements Args {
        @Override
        public Object[] toArray() {
            return new Object[] {a, b};
        }
    }

    /** Three arguments. */
    record Of3<A, B, C>(A a, B b, C c) implements Args {
        @Override
        public Object[] toArray() {
            return new Object[] {a, b, c};
        }
    }

    /** Four arguments. */
    record Of4<A, B, C, D>(A a, B b, C c, D d) implements Args {
        @Override
        public Object[] toArray() {
            return new Object[] {a, b, c, d};
        }
    }

    /** Two arguments. */
    static <A, B> Of2<A, B> of(A a, B b) {
        return new Of2<>(a, b);
    }

    /** Three arguments. */
    static <A, B, C> Of3<A, B, C> of(A a, B b, C c) {
        return new Of3<>(a, b, c);
    }

    /** Four arguments. */
    static <A, B, C, D> Of4<A, B, C, D> of(A a, B b, C c, D d) {
        return new Of4<>(a, b, c, d);
    }
}
