import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Process;

// A Lock around printing: one process prints at a time.
//
// The lock keeps the lines whole; it does not order them. Whoever gets it first prints first, so the three messages
// come in any order.
class P5_lock {

    @SuppressWarnings("try") // the guard is there to be closed, and for nothing else
    static void show(Lock lock, String message) {
        try (var guard = lock.hold()) {
            System.out.print(message + "\n");
        }
    }

    public static void main(String[] args) {
        Lock lock = new Lock();
        List<Process> processes = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            processes.add(Process.of(P5_lock::show, lock, "Message " + i));
        }
        processes.forEach(Process::start);
        processes.forEach(Process::join);
    }
}
