import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Semaphore;
import org.multiprocessing4j.Value;

// A semaphore with two permits: of five processes at most two are inside at the same time.
//
// hold() takes a permit for the process: it comes back even if the process is killed. Each says how many are inside
// when it enters.
class _11_process_semaphore {

    @SuppressWarnings("try") // the guards are there to be closed, and for nothing else
    static void work(int number, Semaphore semaphore, Value<Integer> inside) throws InterruptedException {
        System.out.print("Process " + number + " is waiting\n");
        try (var permit = semaphore.hold()) {
            try (var held = inside.hold()) {
                inside.setInt(inside.getInt() + 1);
                System.out.print("Process " + number + " is inside, number " + inside.getInt() + "\n");
            }
            Thread.sleep(20); // some work, long enough for the others to arrive at the semaphore
            try (var held = inside.hold()) {
                inside.setInt(inside.getInt() - 1);
                System.out.print("Process " + number + " leaves\n");
            }
        }
    }

    public static void main(String[] args) {
        Semaphore semaphore = new Semaphore(2);
        Value<Integer> inside = Value.of(CType.INT, 0);
        List<Process> processes = new ArrayList<>();
        for (int number = 1; number <= 5; number++) {
            processes.add(Process.of(_11_process_semaphore::work, number, semaphore, inside));
        }
        processes.forEach(Process::start);
        processes.forEach(Process::join);
        System.out.print("All processes have finished. Permits: " + semaphore.getValue() + "\n");
    }
}
