import static java.nio.charset.StandardCharsets.US_ASCII;

import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.posix.ProcessState;

// A zombie: a child that has ended, but whose exit status nobody has asked for.
//
// The kernel keeps its entry in the process table, in state Z, until the parent calls waitpid(); then the entry is
// gone.
//
// The textbook version makes a zombie, sleeps for ten seconds and leaves the looking to the reader and the cleaning-up
// to process 1. Here the parent asks for the state itself, then reaps the child and sees that it is gone.
//
// The child calls Posix only, on what was prepared before the fork: C1_fork_hello says why.
class _14_zombie {

    private static final int STANDARD_OUTPUT = 1;

    public static void main(String[] args) {
        String me = "Parent process (PID: " + Posix.getpid() + ")";
        System.out.print(me + " started.\n");
        byte[] started = "Child process started.\n".getBytes(US_ASCII);
        byte[] finished = "Child process finished.\n".getBytes(US_ASCII);
        int pid = Posix.fork();
        if (pid == 0) {
            Posix.writeAll(STANDARD_OUTPUT, started);
            Posix.writeAll(STANDARD_OUTPUT, finished);
            Posix._exit(42);
        }

        String child = "child process (PID: " + pid + ")";
        System.out.print(me + " is NOT waiting for the child process to terminate.\n");
        awaitEnd(pid);
        System.out.print(me + " sees " + child + " in state " + state(pid) + ".\n");

        int status = Posix.waitpid(pid).code();
        System.out.print(me + " reaped " + child + ", exit status " + status + ".\n");
        if (state(pid).equals("gone")) {
            System.out.print(me + " finds no " + child + " any more.\n");
        }
        System.out.print(me + " finished.\n");
    }

    /** Waits until the child has ended, without reaping it. */
    private static void awaitEnd(int pid) {
        int end = Posix.pidfdOpen(pid);
        Posix.waitReadable(end, null);
        Posix.close(end);
    }

    /** The state as ps shows it, a zombie as Z; `gone` if there is no such process. */
    private static String state(int pid) {
        return Posix.processState(pid)
                .map(state -> state == ProcessState.ZOMBIE ? "Z" : state.name())
                .orElse("gone");
    }
}
