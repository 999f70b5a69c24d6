import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Value;
import org.multiprocessing4j.posix.Posix;

// The race of N2_shared_value_racy cured: five processes increment one Value, and the result is always 5.
//
// Reading, adding and writing are one step for everybody else if they happen under the Value's lock. The lock is
// recursive: getInt() and setInt(), which take it too, do not block the process that holds it. (Where nothing but the
// addition is to be one step, counter.updateInt(k -> k + 1) does it.)
//
// The line is printed under the lock as well; otherwise the counts would be right, but could appear out of order.
class N2_shared_value_fixed {

    @SuppressWarnings("try") // the guard is there to be closed, and for nothing else
    static void increment(Value<Integer> counter) {
        try (var guard = counter.hold()) {
            counter.setInt(counter.getInt() + 1);
            System.out.print("PID " + Posix.getpid() + ": counter: " + counter.getInt() + "\n");
        }
    }

    public static void main(String[] args) {
        Value<Integer> counter = Value.of(CType.INT, 0);
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            processes.add(Process.of(N2_shared_value_fixed::increment, counter));
        }
        processes.forEach(Process::start);
        processes.forEach(Process::join);
        System.out.print("Final counter value: " + counter.getInt() + "\n");
    }
}
