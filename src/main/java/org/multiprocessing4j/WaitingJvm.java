package org.multiprocessing4j;

import java.io.File;
import java.time.Duration;
import java.util.List;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.util.Handover;

/**
 * A JVM that waits for its process: a fresh one, or a child that the fork server made. Its standard input is a socket:
 * the handover's descriptors come first, the process follows, and then the end of the file.
 */
final class WaitingJvm {

    /** The child's descriptor of its parent: a pidfd. */
    static final int PARENT = 3;

    private static final int EPIPE = 32;

    /** As EPIPE, for who waited for room when the other side was closed with something unread. */
    private static final int ECONNRESET = 104;

    private final int pid;
    private final int socket;

    /** Takes charge of a child of this process, and of the socket that is its standard input. */
    WaitingJvm(int pid, int socket) {
        this.pid = pid;
        this.socket = socket;
    }

    /**
     * Starts a fresh JVM.
     *
     * @throws OSException if there is none
     */
    static WaitingJvm start(List<String> command) {
        long ends = OSException.check(Native.socketpair());
        int ours = (int) ends;
        int theirs = (int) (ends >> 32);
        try {
            int self = Posix.pidfdOpen(Posix.getpid());
            try {
                int pid = Posix.spawn(command.get(0), command, SpawnCommand.environment(), theirs, self);
                return new WaitingJvm(pid, ours);
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

    int pid() {
        return pid;
    }

    int socket() {
        return socket;
    }

    /** Gives the JVM its process; it is the caller's child from then on. If it is dead, its exit code tells. */
    Popen give(byte[] payload, Handover handover) {
        Popen popen = popen(handover);
        send(popen, payload, handover);
        return popen;
    }

    /**
     * As {@link #give}, but a JVM that ended before it had everything has run nothing, and is reaped.
     *
     * @return null then
     */
    Popen giveIfAlive(byte[] payload, Handover handover) {
        Popen popen = popen(handover);
        if (send(popen, payload, handover)) {
            return popen;
        }
        end(popen);
        return null;
    }

    private Popen popen(Handover handover) {
        try {
            return new Popen(pid, handover.kept());
        } catch (RuntimeException e) {
            Posix.close(socket);
            throw e;
        }
    }

    /** @return whether everything arrived, as far as it can be seen: nothing is lost once it was sent */
    private boolean send(Popen popen, byte[] payload, Handover handover) {
        try {
            int[] descriptors = handover.descriptors().stream().mapToInt(Integer::intValue).toArray();
            OSException.check(Native.send_fds(socket, descriptors, descriptors.length));
            // The JVM ignores SIGPIPE.
            OSException.check(Native.write_all(socket, payload, payload.length));
            return true;
        } catch (OSException e) {
            if (e.errno() != EPIPE && e.errno() != ECONNRESET) {
                end(popen);
                throw e;
            }
            return false;
        } finally {
            Posix.close(socket);
        }
    }

    private static void end(Popen popen) {
        popen.signal(Posix.SIGKILL);
        popen.await(null);
        popen.close();
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
        removeAttachSocket(pid);
        Posix.close(socket);
    }

    /** A spawned JVM opens jcmd's socket when it starts, and one that is killed leaves it behind. */
    static void removeAttachSocket(int pid) {
        new File("/tmp/.java_pid" + pid).delete(); // if it is there
    }
}
