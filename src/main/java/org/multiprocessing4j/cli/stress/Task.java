package org.multiprocessing4j.cli.stress;

import java.util.Arrays;
import java.util.Random;

/** What a child does to prove that it is a whole JVM. One that fails throws; one that hangs is noticed from outside. */
enum Task {
    NOTHING(2, random -> { }),
    GARBAGE(3, MemoryTasks::garbage),
    FULL_GC(3, MemoryTasks::fullCollection),
    CLEANER(1, MemoryTasks::cleaner),
    COMPILE(3, CodeTasks::compile),
    CLASSES(3, CodeTasks::classes),
    JDK_CLASSES(1, CodeTasks::jdkClasses),
    JAR(1, CodeTasks::jar),
    EXCEPTIONS(2, CodeTasks::exceptions),
    PRINT(1, CodeTasks::print),
    THREADS(3, ThreadTasks::threads),
    STREAM(2, ThreadTasks::stream),
    FUTURES(1, ThreadTasks::futures),
    LOCKS(2, ThreadTasks::locks),
    TIMERS(1, ThreadTasks::timers),
    VIRTUAL_THREADS(1, ThreadTasks::virtualThreads),
    PROGRAM(1, ProcessTasks::program),
    NESTED_FORK(1, ProcessTasks::nestedFork),
    NESTED_PROCESS(1, ProcessTasks::nestedProcess),
    /** Goes on until the parent sends SIGTERM. */
    TERMINATED(1, MemoryTasks::endless);

    private static final int SUM = Arrays.stream(values()).mapToInt(task -> task.weight).sum();

    private final int weight;
    private final Body body;

    Task(int weight, Body body) {
        this.weight = weight;
        this.body = body;
    }

    /** The body of a task. */
    @FunctionalInterface
    interface Body {
        void run(Random random) throws Exception;
    }

    /** Performs the task in the child. */
    void run(Random random) throws Exception {
        body.run(random);
    }

    /** A task by chance, the light ones more often. */
    static Task any(Random random) {
        int lot = random.nextInt(SUM);
        for (Task task : values()) {
            lot -= task.weight;
            if (lot < 0) {
                return task;
            }
        }
        throw new AssertionError(lot);
    }

    /** Fails a task. */
    static void check(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
