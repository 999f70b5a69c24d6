import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Value;

// A critical section: four processes enter it one after the other.
//
// Between a process's two lines no other process prints, because both lines and the work between them happen under one
// lock. The counter counts the visitors; its own lock would not do, since it protects single accesses only.
//
// The textbook version in C++ puts a mutex and the counter into memory that it maps by hand, and never looks at what a
// system call returns. Here a failing call is an exception.
class _10_process_lock {

    @SuppressWarnings("try") // the guard is there to be closed, and for nothing else
    static void work(Lock mutex, Value<Integer> counter) throws InterruptedException {
        String name = Multiprocessing.currentProcess().name();
        try (var guard = mutex.hold()) {
            System.out.print("Process " + name + " is starting...\n");
            Thread.sleep(10); // some work, long enough for the others to arrive at the lock
            counter.setInt(counter.getInt() + 1);
            System.out.print("Process " + name + " is finished. Counter: " + counter.getInt() + "\n");
        }
    }

    public static void main(String[] args) {
        Lock mutex = new Lock();
        Value<Integer> counter = Value.of(CType.INT, 0);
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            processes.add(Process.of(_10_process_lock::work, mutex, counter));
        }
        processes.forEach(Process::start);
        processes.forEach(Process::join);
        System.out.print("Final counter value: " + counter.getInt() + "\n");
    }
}
