import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Value;
import org.multiprocessing4j.posix.Posix;

// A race on purpose: five processes increment one Value, and increments get lost.
//
// The textbook version increments the value without a lock and says that a Value makes this safe. It does not: a Value
// locks each read and each write, but an increment is a read and then a write. Two processes that read the same number
// both write the same sum, and one increment is gone. The final value is anything from 1 to 5.
//
// The two steps are written apart here, with a little work between them, so that one sees the race happen.
// N2_shared_value_fixed shows the cure.
class N2_shared_value_racy {

    static void increment(Value<Integer> counter) throws InterruptedException {
        int seen = counter.getInt();
        Thread.sleep(20); // the work that others slip in during
        counter.setInt(seen + 1);
        System.out.print("PID " + Posix.getpid() + ": counter: " + (seen + 1) + "\n");
    }

    public static void main(String[] args) {
        Value<Integer> counter = Value.of(CType.INT, 0);
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            processes.add(Process.of(N2_shared_value_racy::increment, counter));
        }
        processes.forEach(Process::start);
        processes.forEach(Process::join);
        System.out.print("Final counter value: " + counter.getInt() + "\n");
    }
}
