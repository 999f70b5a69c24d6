import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import org.multiprocessing4j.Barrier;
import org.multiprocessing4j.Deadlock;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;

// A deadlock, reported and ended: two processes take two locks in opposite order.
//
// Each waits for the lock that the other holds, for ever. deadlocks() sees that in the locks themselves: they know who
// holds them and who waits. Then one of the two is terminated; its lock goes to the other, which can end.
//
// The textbook version hangs until somebody presses ^C. Taking locks in the same order everywhere avoids all this: see
// S3_dining_philosophers.
class _03_deadlock {

    @SuppressWarnings("try") // the guards are there to be closed, and for nothing else
    static void work(String name, Lock first, Lock second, Barrier bothHoldOne)
            throws InterruptedException, BrokenBarrierException {
        Deadlock.setAction(Deadlock.Action.IGNORE); // else a warning is logged after a second: here main() says it
        try (var own = first.hold()) {
            System.out.print(name + " holds lock " + first.name() + "\n");
            bothHoldOne.await();
            System.out.print(name + " waits for lock " + second.name() + "\n");
            try (var other = second.hold()) {
                System.out.print(name + " got lock " + second.name() + "\n");
            }
        }
    }

    public static void main(String[] args) throws InterruptedException {
        Lock a = new Lock("a");
        Lock b = new Lock("b");
        Barrier bothHoldOne = new Barrier(2);
        List<Process> processes = List.of(
                new Process("Process 1", () -> work("Process 1", a, b, bothHoldOne)),
                new Process("Process 2", () -> work("Process 2", b, a, bothHoldOne)));
        processes.forEach(Process::start);

        List<Deadlock> found = Multiprocessing.deadlocks();
        while (found.isEmpty()) {
            Thread.sleep(10);
            found = Multiprocessing.deadlocks();
        }
        for (Process process : processes) {
            for (Deadlock.Member member : found.get(0).members()) {
                if (member.pid() == process.pid()) {
                    System.out.print("Deadlock: " + process.name() + " waits for lock " + member.lock() + "\n");
                }
            }
        }
        processes.get(0).terminate();
        for (Process process : processes) {
            process.join();
            System.out.print("Ended: " + process.name() + " with exit code " + process.exitcode() + "\n");
        }
    }
}
