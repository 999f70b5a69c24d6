import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.posix.Posix;

// Who am I? A parent and its child print their process, their parent and their thread.
//
// The child's parent is the main process, and the names tell the two apart. The thread ids tell nothing: they mean
// something inside one process only, and here the number is even the same in both.
//
// The textbook version in C++ lacks a header and does not compile. Another prints its first line twice as soon as its
// output is a pipe: the line was still in the buffer when fork() copied the process. Here every line is written at
// once.
class _01_basic_process {

    static void work() {
        System.out.print("Worker function\n");
        System.out.print("Worker function process id: " + Posix.getpid() + "\n");
        System.out.print("Worker function parent process id: " + Multiprocessing.parentProcess().pid() + "\n");
        System.out.print("Worker process name: " + Multiprocessing.currentProcess().name() + "\n");
        System.out.print("Worker thread id: " + Thread.currentThread().getId() + "\n");
        System.out.print("Worker function finished\n");
    }

    public static void main(String[] args) {
        System.out.print("Main function\n");
        System.out.print("Main function process id: " + Posix.getpid() + "\n");
        System.out.print("Main process name: " + Multiprocessing.currentProcess().name() + "\n");
        System.out.print("Main thread id: " + Thread.currentThread().getId() + "\n");

        Process process = new Process(_01_basic_process::work);
        process.start();
        process.join();

        System.out.print("Main function finished\n");
    }
}
