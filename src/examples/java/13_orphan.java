import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.posix.Posix;

// An orphan: a process whose parent has ended. Somebody else becomes its parent.
//
// On Linux that is process 1, or a nearer ancestor that asked for it (a "subreaper", as container and session managers
// are): so the program does not ask for a certain number, but waits for the end of its old parent and looks then.
//
// The textbook version sleeps for ten seconds and never asks who the new parent is. Here the parent exits when the
// child has spoken, and the child ends as soon as it has been adopted. Its last lines come after the end of the first
// process: whoever collects them must read to the end of the output. The parent leaves by _exit(): at an ordinary exit
// a Process is joined, and would be no orphan.
class _13_orphan {

    static void beOrphaned(Lock childReady) {
        int parent = Posix.pidfdOpen(Posix.getppid()); // readable once that process has ended
        System.out.print("Child process (PID: " + Posix.getpid() + ") started.\n");
        System.out.print("Child's parent PID: " + Posix.getppid() + "\n");
        childReady.release();
        Posix.waitReadable(parent, null);
        Posix.close(parent);
        System.out.print("Child's parent PID after orphaning: " + Posix.getppid() + "\n");
        System.out.print("Child process (PID: " + Posix.getpid() + ") finished.\n");
    }

    public static void main(String[] args) {
        String me = "Parent process (PID: " + Posix.getpid() + ")";
        System.out.print(me + " started.\n");
        Lock childReady = new Lock();
        childReady.acquire();
        Process.of(_13_orphan::beOrphaned, childReady).start();
        childReady.acquire(); // blocks until the child has released it
        System.out.print(me + " is exiting, leaving the child process orphaned.\n");
        Posix._exit(0);
    }
}
