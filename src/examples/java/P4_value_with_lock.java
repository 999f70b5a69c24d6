import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Value;

// A Value with its lock: five processes add 1 each, and none of the additions is lost.
//
// Holding the value's lock makes the read and the write of an increment one step. See N2_shared_value_racy for what
// happens without.
class P4_value_with_lock {

    @SuppressWarnings("try") // the guard is there to be closed, and for nothing else
    static void increment(Value<Integer> value) {
        try (var guard = value.getLock().hold()) {
            value.setInt(value.getInt() + 1);
        }
    }

    public static void main(String[] args) {
        Value<Integer> value = Value.of(CType.INT, 0);
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            processes.add(Process.of(P4_value_with_lock::increment, value));
        }
        processes.forEach(Process::start);
        processes.forEach(Process::join);
        System.out.print("Shared value: " + value.getInt() + "\n");
    }
}
