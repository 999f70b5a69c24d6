package org.multiprocessing4j.pool;

import java.io.Serial;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.Posix;

/**
 * The worker that ran a task ended before the task did. In Python such a task never ends; {@code concurrent.futures}
 * gives up the whole pool with a {@code BrokenProcessPool}.
 */
public final class WorkerDiedException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    private final int taskIndex;
    private final long pid;
    private final int exitcode;

    WorkerDiedException(int taskIndex, int items, long pid, ExitStatus status) {
        super(text(taskIndex, items, pid, status));
        this.taskIndex = taskIndex;
        this.pid = pid;
        this.exitcode = status.exitcode();
    }

    private static String text(int index, int items, long pid, ExitStatus status) {
        String task = items == 1 ? "task " + index : "tasks " + index + " to " + (index + items - 1);
        String how = status.signaled() ? "was ended by signal " + status.signal() + signalName(status.signal())
                : "exited with code " + status.code();
        String hint = status.signal() == Posix.SIGKILL
                ? " (whoever sent it; the kernel does when memory runs out, and then says so in its log)" : "";
        return task + ": worker process " + pid + " " + how + hint;
    }

    private static String signalName(int signal) {
        return switch (signal) {
            case Posix.SIGKILL -> " (SIGKILL)";
            case Posix.SIGSEGV -> " (SIGSEGV)";
            case Posix.SIGABRT -> " (SIGABRT)";
            case Posix.SIGTERM -> " (SIGTERM)";
            case Posix.SIGINT -> " (SIGINT)";
            default -> "";
        };
    }

    /** The index of the first item of the task among the call's. */
    public int taskIndex() {
        return taskIndex;
    }

    /** The worker's process id. */
    public long pid() {
        return pid;
    }

    /** The worker's exit code, or minus the signal that ended it. */
    public int exitcode() {
        return exitcode;
    }
}
