import static java.nio.charset.StandardCharsets.US_ASCII;

import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.Posix;

// waitpid(): the parent waits for its child and learns how it ended.
//
// What the kernel gives is a status word: the exit code in one byte, the signal in another. The textbook version prints
// that word as it is, which looks right for 0 only: a child that exits with 3 would be reported as 768. Here waitpid()
// answers with an ExitStatus, which has it decoded.
//
// The child calls Posix only, on what was prepared before the fork: C1_fork_hello says why.
class C2_waitpid {

    private static final int STANDARD_OUTPUT = 1;

    public static void main(String[] args) {
        byte[] farewell = "Child process terminating.\n".getBytes(US_ASCII);
        int pid = Posix.fork();
        if (pid == 0) {
            Posix.writeAll(STANDARD_OUTPUT, farewell);
            Posix._exit(0);
        }
        ExitStatus status = Posix.waitpid(pid);
        System.out.print("Child process finished with status " + status.code() + "\n");
    }
}
