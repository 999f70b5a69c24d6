package org.multiprocessing4j.support;

import java.util.Arrays;
import java.util.List;
import org.multiprocessing4j.Process;

/** A started process that a test waits for with a limit, and is rid of afterwards in any case. */
public final class Child implements AutoCloseable {

    private final Process process;

    private Child(Process process) {
        this.process = process;
    }

    /** Starts a process. */
    public static Child start(Process process) {
        process.start();
        return new Child(process);
    }

    /** Starts a process, and waits for its end. */
    public static int run(Process process) {
        try (Child child = start(process)) {
            return child.exitcode();
        }
    }

    /** Starts processes, all of them at once, and waits for their ends. */
    public static List<Integer> runAll(Process... processes) {
        List<Child> children = Arrays.stream(processes).map(Child::start).toList();
        try {
            return children.stream().map(Child::exitcode).toList();
        } finally {
            children.forEach(Child::close);
        }
    }

    /** The process itself. */
    public Process process() {
        return process;
    }

    /** The process's id. */
    public int pid() {
        return Math.toIntExact(process.pid());
    }

    /** Waits until the process has ended. */
    public int exitcode() {
        if (!process.join(Gate.PATIENCE)) {
            throw new AssertionError(
                    process + " has not ended within " + Gate.PATIENCE + "\n" + HangReport.ofChild(pid()));
        }
        return process.exitcode();
    }

    @Override
    public void close() {
        process.kill();
        process.join();
        process.close();
    }
}
