package org.multiprocessing4j.pool;

import java.util.List;
import java.util.Objects;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;

/**
 * Worker processes that compute what they are given. Mirrors {@code multiprocessing.Pool}.
 *
 * <pre>{@code
 * try (var pool = new Pool(4).with()) {                  // with Pool(4) as pool:
 *     List<Integer> squares = pool.map(Main::square, numbers);
 * }
 * }</pre>
 *
 * <p>As in Python {@link #close()} lets the pool finish what it has and then end, {@link #terminate()} ends it at once,
 * and {@code with} terminates it. Workers are daemonic, and are named {@code ForkServerPoolWorker-N}.
 *
 * <p>Nothing waits for the dead: if a worker is killed, crashes or exits, the task that it ran fails with a {@link
 * WorkerDiedException}, or is run again if there are {@link CallOptions#retries}; another worker takes its place, and
 * tasks that waited for it lose nothing. In Python such a task never ends.
 */
public final class Pool extends BasicPool {

    private final ProcessEngine processes;

    /** As many workers as there are processors. */
    public Pool() {
        this(builder());
    }

    /**
     * So many workers.
     *
     * @throws IllegalArgumentException "Number of processes must be at least 1"
     */
    public Pool(int processes) {
        this(builder().processes(processes));
    }

    private Pool(Builder builder) {
        this(new ProcessEngine(builder));
    }

    private Pool(ProcessEngine engine) {
        super(engine);
        this.processes = engine;
    }

    /** The process ids of the workers that run now. */
    public List<Long> pids() {
        return processes.pids();
    }

    /** Python's keyword arguments. */
    public static Builder builder() {
        return new Builder();
    }

    /** Python's keyword arguments, and more; what is not set has the constructor's default. */
    public static final class Builder {
        int processes = Multiprocessing.cpuCount();
        int maxTasksPerChild;
        long maxMemoryPerChild;
        Process.Target initializer;
        Context context;

        private Builder() {}

        /**
         * How many workers.
         *
         * @throws IllegalArgumentException "Number of processes must be at least 1"
         */
        public Builder processes(int number) {
            if (number < 1) {
                throw new IllegalArgumentException("Number of processes must be at least 1");
            }
            processes = number;
            return this;
        }

        /**
         * What each worker runs first. What it captures may be shared objects, which tasks cannot be given. If it fails
         * in three workers in a row the pool is {@linkplain BrokenPoolException broken}.
         */
        public Builder initializer(Process.Target initializer) {
            this.initializer = Objects.requireNonNull(initializer, "initializer");
            return this;
        }

        /** What each worker runs first, with an argument. */
        public <A> Builder initializer(Process.Target1<A> initializer, A a) {
            return initializer(() -> initializer.run(a));
        }

        /** What each worker runs first, with two arguments. */
        public <A, B> Builder initializer(Process.Target2<A, B> initializer, A a, B b) {
            return initializer(() -> initializer.run(a, b));
        }

        /**
         * After how many tasks, that is chunks, a worker is replaced. What its tasks left running, threads or hooks, has
         * five seconds to end; then it is killed.
         *
         * @throws IllegalArgumentException "maxtasksperchild must be a positive int"
         */
        public Builder maxtasksperchild(int tasks) {
            if (tasks < 1) {
                throw new IllegalArgumentException("maxtasksperchild must be a positive int");
            }
            maxTasksPerChild = tasks;
            return this;
        }

        /**
         * How much memory a worker may have resident after a task; then it is replaced. It is looked at every few
         * milliseconds at most.
         *
         * @param bytes of which a JVM needs some 50 MB to begin with
         */
        public Builder maxmemoryperchild(long bytes) {
            if (bytes < 1) {
                throw new IllegalArgumentException("maxmemoryperchild must be positive");
            }
            maxMemoryPerChild = bytes;
            return this;
        }

        /** How workers are started; by default as {@link Multiprocessing#getStartMethod()} says. */
        public Builder context(Context context) {
            this.context = Objects.requireNonNull(context, "context");
            return this;
        }

        /**
         * Starts the workers.
         *
         * @throws IllegalArgumentException if the initializer is not serializable
         * @throws IllegalStateException "daemonic processes are not allowed to have children"
         */
        public Pool build() {
            return new Pool(this);
        }
    }
}
