import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.Process;

// A global list is not shared: the child fills its own copy, and the parent's stays empty.
//
// A child is a JVM of its own. It initialises this class anew and so makes a list of its own; the parent never sees
// what the child appends. G2_array_and_value shows how to share.
class G1_global_list {

    static final List<Integer> result = new ArrayList<>();

    static void squareAll(List<Integer> numbers) {
        for (int number : numbers) {
            result.add(number * number);
        }
        System.out.print("Result(in process p1) " + result + "\n");
    }

    public static void main(String[] args) {
        Process p1 = Process.of(G1_global_list::squareAll, List.of(1, 2, 3, 4));
        p1.start();
        p1.join();
        System.out.print("Result(in main program) " + result + "\n");
    }
}
