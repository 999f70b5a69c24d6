package org.multiprocessing4j;

import java.util.Objects;

/** A target with its arguments: Python's {@code target=f, args=(a, b)}. */
sealed interface Call extends Process.Target {

    /** The function without its arguments. */
    Object function();

    /** The arguments, in order. */
    Object[] arguments();

    /** One argument. */
    record Of1<A>(Process.Target1<A> function, A a) implements Call {
        public Of1 {
            Objects.requireNonNull(function, "target");
        }

        @Override
        public void run() throws Exception {
            function.run(a);
        }

        @Override
        public Object[] arguments() {
            return new Object[] {a};
        }
    }

    /** Two arguments. */
    record Of2<A, B>(Process.Target2<A, B> function, A a, B b) implements Call {
        public Of2 {
            Objects.requireNonNull(function, "target");
        }

        @Override
        public void run() throws Exception {
            function.run(a, b);
        }

        @Override
        public Object[] arguments() {
            return new Object[] {a, b};
        }
    }

    /** Three arguments. */
    record Of3<A, B, C>(Process.Target3<A, B, C> function, A a, B b, C c) implements Call {
        public Of3 {
            Objects.requireNonNull(function, "target");
        }

        @Override
        public void run() throws Exception {
            function.run(a, b, c);
        }

        @Override
        public Object[] arguments() {
            return new Object[] {a, b, c};
        }
    }

    /** Four arguments. */
    record Of4<A, B, C, D>(Process.Target4<A, B, C, D> function, A a, B b, C c, D d) implements Call {
        public Of4 {
            Objects.requireNonNull(function, "target");
        }

        @Override
        public void run() throws Exception {
            function.run(a, b, c, d);
        }

        @Override
        public Object[] arguments() {
            return new Object[] {a, b, c, d};
        }
    }
}
