import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.posix.Posix;

// Two processes run at the same time: foo starts first, bar finishes first.
//
// The textbook version makes foo sleep for a second and bar for half of one, and hopes that this gives the order. Here
// the order is made: bar does not go on before foo has started, and foo does not finish before bar has. What they wait
// at is a Lock that the parent has taken and that the other process releases; a Lock belongs to nobody, so that it
// serves as a gate.
//
// The textbook version in C++ forks with text in its buffer, and prints the parent's line up to three times when its
// output is a pipe. Here every line is written at once.
class _02_multiple_processes {

    private static Lock closedGate() {
        Lock gate = new Lock();
        gate.acquire();
        return gate;
    }

    static void foo(Lock fooStarted, Lock barFinished) {
        System.out.print("Function foo starts\n");
        System.out.print("Function foo process id: " + Posix.getpid() + "\n");
        fooStarted.release();
        barFinished.acquire();
        System.out.print("Function foo finishes\n");
    }

    static void bar(Lock fooStarted, Lock barFinished) {
        System.out.print("Function bar starts\n");
        System.out.print("Function bar process id: " + Posix.getpid() + "\n");
        fooStarted.acquire();
        System.out.print("Function bar finishes\n");
        barFinished.release();
    }

    public static void main(String[] args) {
        System.out.print("Main function\n");
        System.out.print("Main function process id: " + Posix.getpid() + "\n");

        Lock fooStarted = closedGate();
        Lock barFinished = closedGate();
        Process foo = Process.of(_02_multiple_processes::foo, fooStarted, barFinished);
        Process bar = Process.of(_02_multiple_processes::bar, fooStarted, barFinished);
        foo.start();
        bar.start();
        foo.join();
        bar.join();

        System.out.print("Main function finished\n");
    }
}
