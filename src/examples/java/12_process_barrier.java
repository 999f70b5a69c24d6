import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import org.multiprocessing4j.Barrier;
import org.multiprocessing4j.Process;

// A barrier: nobody passes before all have arrived.
//
// The action is run once, by whoever comes last, when all have arrived and nobody has passed yet.
class _12_process_barrier {

    static void work(int number, Barrier barrier) throws InterruptedException, BrokenBarrierException {
        System.out.print("Process " + number + " is waiting at the barrier\n");
        barrier.await();
        System.out.print("Process " + number + " has passed the barrier\n");
    }

    public static void main(String[] args) {
        int parties = 5;
        Barrier barrier = new Barrier(parties, () -> System.out.print("All have arrived\n"));
        List<Process> processes = new ArrayList<>();
        for (int number = 1; number <= parties; number++) {
            processes.add(Process.of(_12_process_barrier::work, number, barrier));
        }
        processes.forEach(Process::start);
        processes.forEach(Process::join);
        String broken = barrier.broken() ? "yes" : "no";
        System.out.print("All processes have passed the barrier. Broken: " + broken + "\n");
    }
}
