package org.multiprocessing4j;

import java.time.Duration;
import java.util.List;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * A fresh JVM that waits for its process. Its standard input is a socket: the handover's descriptors come first, the
 * process follows, and then the end of the file.
 */
final class SpawnedJvm {

    /** The child's descriptor of its parent: a pidfd. */
    static final int PARENT = 3;

    private static final int EPIPE = 32;

    /** As EPIPE, for who waited for room when the other side was closed with something unread. */
    private static final int ECONNRESET = 104;

    private final List<String> command;
    private final int pid;
    private final int socket;

    private SpawnedJvm(List<String> command, int pid, int socket) {
        this.command = command;
        this.pid = pid;
        this.socket = socket;
    }

    /**
     * Starts the JVM.
     *
     * @throws OSException if there is none
     */
    static SpawnedJvm start(List<String> command) {
        long ends = OSException.check(Native.socketpair());
        int ours = (int) ends;
        int theirs = (int) (ends >> 32);
        try {
            int self = Posix.pidfdOpen(Posix.getpid());
            try {
                int pid = Posix.spawn(command.get(0), command, SpawnCommand.environment(), theirs, self);
                return new SpawnedJvm(command, pid, ours);
            } finally {
                Posix.close(self);
            }
        } catch (RuntimeException e) {
            Posix.close(ours);
            throw e;
        } finally {
            Posix.close(theirs);
        }
    }

    List<String> command() {
        return command;
    }

    /** Gives the JVM its process; it is the caller's child from then on. If it is dead, its exit code tells. */
    Popen give(byte[] payload, Handover handover) {
        Popen popen;
        try {
            popen = new Popen(pid, handover.kept());
        } catch (RuntimeException e) {
            Posix.close(socket);
            throw e;
        }
        try {
            int[] descriptors = handover.descriptors().stream().mapToInt(Integer::intValue).toArray();
            OSException.check(Native.send_fds(socket, descriptors, descriptors.length));
            // The JVM ignores SIGPIPE.
            OSException.check(Native.write_all(socket, payload, payload.length));
        } catch (OSException e) {
            if (e.errno() != EPIPE && e.errno() != ECONNRESET) {
                popen.signal(Posix.SIGKILL);
                popen.await(null);
                popen.close();
                throw e;
            }
        } finally {
            Posix.close(socket);
        }
        return popen;
    }

    /** Whether it still runs, as far as it can be seen: a JVM that ended has closed its side. */
    boolean isWaiting() {
        return !Posix.waitReadable(socket, Duration.ZERO);
    }

    /** In a live-forked child: leaves the JVM to the parent, whose it is. */
    void forget() {
        Posix.close(socket);
    }

    /** Ends and reaps a JVM that got no process. */
    void drop() {
        Posix.kill(pid, Posix.SIGKILL);
        Posix.waitpid(pid);
        Posix.close(socket);
    }
}
