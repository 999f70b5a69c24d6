package org.multiprocessing4j.cli.stress;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Value;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.Posix;

/** The ways to make a child that performs a task. */
final class Children {
    private static final int FAILED = 1;

    private Children() {}

    /** How children are made. */
    enum Way {
        /** {@link Posix#fork}. */
        POSIX,
        /** The start method {@code fork}. */
        FORK,
        /** The start method {@code forkserver}: not the worker is forked but its fork server. */
        FORKSERVER;

        /** The ways there are here. */
        static List<Way> available(boolean forkable) {
            List<String> methods = Multiprocessing.getAllStartMethods();
            return Stream.of(values())
                    .filter(way -> way == POSIX ? forkable : methods.contains(way.id()))
                    .toList();
        }

        /** Whether the worker itself is forked. */
        boolean forksTheWorker() {
            return this != FORKSERVER;
        }

        String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Makes a child, which ends with the order's code if its task succeeds. */
        Child start(Order order) {
            return this == POSIX ? PosixChild.start(order) : ProcessChild.start(order, id());
        }
    }

    /**
     * What a child is to do.
     *
     * @param code what it ends with if all is well
     * @param exit whether it ends with System.exit; else it just ends
     * @param passed counts the processes that succeeded
     */
    record Order(Task task, long seed, int code, boolean exit, Value<Integer> passed) {}

    /** A child that runs. */
    interface Child {
        int pid();

        /** Waits for its end; empty if the time ran out. */
        OptionalInt await(Duration timeout);

        void terminate();

        /** Gives back what an ended child holds. */
        void close();
    }

    /** What a task, or a part of one, is to {@link #endWith}. */
    @FunctionalInterface
    interface Action {
        void run() throws Exception;
    }

    /** Performs an action in a child of {@link Posix#fork}, and ends the child. */
    static void endWith(Action action, int code, boolean exit) {
        int end = FAILED;
        try {
            action.run();
            end = code;
        } catch (Throwable e) {
            // Whatever it is: the child must not run into what is the parent's.
            e.printStackTrace();
        }
        if (exit) {
            System.exit(end);
        }
        Posix._exit(end);
    }

    /** The target of a process. */
    @SuppressWarnings("try") // a guard is there to be closed
    static void perform(Task task, long seed, int code, Value<Integer> passed) throws Exception {
        task.run(new Random(seed));
        try (var held = passed.getLock().hold()) {
            passed.setInt(passed.getInt() + 1);
        }
        if (code != 0) {
            System.exit(code);
        }
    }

    private record PosixChild(int pid) implements Child {
        static PosixChild start(Order order) {
            int pid = Posix.fork();
            if (pid == 0) {
                endWith(() -> order.task().run(new Random(order.seed())), order.code(), order.exit());
            }
            return new PosixChild(pid);
        }

        @Override
        public OptionalInt await(Duration timeout) {
            return Posix.waitpid(pid, timeout).map(ExitStatus::exitcode).map(OptionalInt::of)
                    .orElse(OptionalInt.empty());
        }

        @Override
        public void terminate() {
            Posix.kill(pid, Posix.SIGTERM);
        }

        @Override
        public void close() {
            // reaped, and nothing more
        }
    }

    private record ProcessChild(Process process) implements Child {
        static ProcessChild start(Order order, String method) {
            Process process = Multiprocessing.getContext(method).builder()
                    .target(Children::perform, order.task(), order.seed(), order.code(), order.passed())
                    .build();
            process.start();
            return new ProcessChild(process);
        }

        @Override
        public int pid() {
            return Math.toIntExact(process.pid());
        }

        @Override
        public OptionalInt await(Duration timeout) {
            return process.join(timeout) ? OptionalInt.of(process.exitcode()) : OptionalInt.empty();
        }

        @Override
        public void terminate() {
            process.terminate();
        }

        @Override
        public void close() {
            process.close();
        }
    }
}
