package org.multiprocessing4j;

import java.time.Duration;
import java.util.List;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * A running child: its pid, a pidfd, and in the end its status. Mirrors {@code popen_fork.Popen}; the start methods
 * differ only in how they come by the pid. Thread-safe.
 */
final class Popen {

    /** How a start method makes a child. */
    interface Launcher {
        /**
         * Starts the child, which then runs {@code process.bootstrap()}.
         *
         * @throws IllegalArgumentException if the process cannot be serialized
         * @throws OSException if there is no child
         */
        Popen launch(Process process);
    }

    private final int pid;
    private final int sentinel;
    private ExitStatus status;
    private boolean closed;
    private int waiting;

    /** What must outlive the child: shared memory that it was given. */
    private List<Object> kept;

    /** Takes charge of a child that was just made; should that fail the child is ended and reaped. */
    Popen(int pid, List<Object> kept) {
        this.pid = pid;
        this.kept = kept;
        try {
            this.sentinel = Posix.pidfdOpen(pid);
        } catch (OSException e) {
            Posix.kill(pid, Posix.SIGKILL);
            Posix.waitpid(pid);
            throw e;
        }
    }

    int pid() {
        return pid;
    }

    int sentinel() {
        return sentinel;
    }

    /** How the child ended; null while it runs. Reaps it. */
    synchronized ExitStatus poll() {
        if (status == null) {
            Posix.tryWaitpid(pid).ifPresent(ended -> {
                status = ended;
                kept = null;
                if (ended.signaled()) {
                    WaitingJvm.removeAttachSocket(pid);
                }
            });
        }
        return status;
    }

    /** Whether the child runs and was given that. */
    synchronized boolean keeps(Object thing) {
        return poll() == null && kept.stream().anyMatch(one -> one == thing);
    }

    /**
     * Waits for the end of the child and reaps it.
     *
     * @param timeout null: without limit
     * @return null if the time ran out
     */
    ExitStatus await(Duration timeout) {
        if (!enter()) {
            return poll();
        }
        try {
            // Waiting for the pidfd and not in waitpid, no thread keeps the others from asking.
            return Posix.waitReadable(sentinel, timeout) ? poll() : null;
        } finally {
            leave();
        }
    }

    /** Begins a wait, which keeps the pidfd open. @return false if the child has ended */
    private synchronized boolean enter() {
        if (poll() != null) {
            return false;
        }
        waiting++;
        return true;
    }

    private synchronized void leave() {
        waiting--;
        closeIfUnused();
    }

    /** Sends a signal if the child runs; unreaped it keeps its pid, so that no other process can get it. */
    synchronized void signal(int number) {
        if (poll() == null) {
            Posix.kill(pid, number);
        }
    }

    /** Closes the pidfd of a child that was reaped, when no thread waits for it any more. */
    synchronized void close() {
        if (!closed) {
            closed = true;
            closeIfUnused();
        }
    }

    private void closeIfUnused() {
        if (closed && waiting == 0) {
            Posix.close(sentinel);
        }
    }
}
