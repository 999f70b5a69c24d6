import org.multiprocessing4j.Process;
import org.multiprocessing4j.posix.Posix;

// The smallest program with two processes: make a Process, start it, join it.
//
// join() puts the two lines in order: the parent goes on when the child has ended. The import matters: without it,
// Process would be java.lang.Process.
class P1_process {

    static void greet() {
        System.out.print("Process ID: " + Posix.getpid() + " - Hello from the child process!\n");
    }

    public static void main(String[] args) {
        Process process = new Process(P1_process::greet);
        process.start();
        process.join();
        System.out.print("Main process finished.\n");
    }
}
