import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.Array;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.posix.Posix;

// An Array in shared memory: each of five processes changes the one element that is its own.
//
// No lock is needed around reading and writing element i, because nobody else touches it. With two processes on one
// element this would be the race of N2_shared_value_racy.
class N3_shared_array {

    static void increment(Array<Integer> arr, int i) {
        arr.setInt(i, arr.getInt(i) + 1);
        System.out.print("PID " + Posix.getpid() + ": arr[" + i + "] = " + arr.getInt(i) + "\n");
    }

    public static void main(String[] args) {
        Array<Integer> arr = Array.of(CType.INT, new int[] {0, 1, 2, 3, 4});
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < arr.size(); i++) {
            processes.add(Process.of(N3_shared_array::increment, arr, i));
        }
        processes.forEach(Process::start);
        processes.forEach(Process::join);
        System.out.print("Updated array: " + arr.slice() + "\n");
    }
}
