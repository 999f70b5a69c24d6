package org.multiprocessing4j.pool;

import java.util.concurrent.atomic.AtomicInteger;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.RawArray;

/** Starts the workers of a pool. Thread-safe. */
final class WorkerLauncher {

    /** Never registered: to ask for it tells whether this JVM ends. */
    private static final Thread NO_HOOK = new Thread();

    private final Context context;
    private final int maxTasks;
    private final long maxMemory;
    private final Process.Target initializer;
    private final Queue<byte[]> results;
    private final RawArray<Long> cells;
    private final Exchange exchange;
    private final AtomicInteger generations = new AtomicInteger();

    WorkerLauncher(Pool.Builder options, Queue<byte[]> results, RawArray<Long> cells, Exchange exchange) {
        this.context = options.context; // the builder may be changed
        this.maxTasks = options.maxTasksPerChild;
        this.maxMemory = options.maxMemoryPerChild;
        this.initializer = options.initializer;
        this.results = results;
        this.cells = cells;
        this.exchange = exchange;
    }

    /** A fork copies the calling thread's view of things; any other worker can be started while the caller goes on. */
    boolean isForked() {
        String method = context == null ? Multiprocessing.getStartMethod() : context.getStartMethod();
        return method.equals("fork");
    }

    /**
     * Starts one.
     *
     * @throws RuntimeException what {@link Process#start()} throws; then there is none
     */
    Worker launch(int slot, Queue<byte[]> tasks, int lastSequence) {
        Worker worker = new Worker(slot, generations.incrementAndGet(), cells, exchange, tasks, lastSequence);
        Process.Target target = target(worker);
        Process.Builder builder =
                context == null ? Process.builder() : context.builder();
        worker.process = builder.target(target).daemon(true).build();
        worker.process.setName(worker.process.name().replace("Process", "PoolWorker"));
        worker.process.start();
        return worker;
    }

    private Process.Target target(Worker worker) {
        int slot = worker.slot;
        int generation = worker.generation;
        Queue<byte[]> tasks = worker.tasks;
        Queue<byte[]> answers = results;
        RawArray<Long> words = cells;
        long startedAt = worker.startedAt;
        int fd = cells.handle().fd();
        int tasksToDo = maxTasks;
        long memory = maxMemory;
        Process.Target first = initializer;
        return () -> PoolWorker.run(
                slot, generation, tasks, answers, words, fd, startedAt, tasksToDo, memory, first);
    }

    /** Whether it is too late for new workers: this JVM ends. */
    static boolean isJvmEnding() {
        try {
            Runtime.getRuntime().removeShutdownHook(NO_HOOK);
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }
}
