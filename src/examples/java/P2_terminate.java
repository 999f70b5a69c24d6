import java.time.Duration;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Process;

// terminate(): a task takes too long and is ended by a signal.
//
// An exit code below 0 names the signal: -15 is SIGTERM. (A JVM as java starts it would catch that signal, run its
// shutdown hooks and exit with 143; the child of a Process is simply ended by it, as in Python.) The textbook version
// sleeps two seconds and hopes that the child has begun by then. Here the child says so, by releasing a lock that the
// parent took beforehand (a Lock belongs to nobody: any process may release it); then it gets a tenth of a second,
// which is not enough.
class P2_terminate {

    static void longTask(Lock started) throws InterruptedException {
        System.out.print("Starting long task...\n");
        started.release();
        Thread.sleep(60_000);
        System.out.print("Long task finished.\n");
    }

    public static void main(String[] args) {
        Lock started = new Lock();
        started.acquire();
        Process process = Process.of(P2_terminate::longTask, started);
        process.start();
        started.acquire(); // blocks until the child has released it

        if (!process.join(Duration.ofMillis(100))) {
            process.terminate();
        }
        process.join();
        System.out.print("Process terminated with exit code " + process.exitcode() + ".\n");
    }
}
