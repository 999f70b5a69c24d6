import java.util.List;
import org.multiprocessing4j.Array;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Value;

// What G1_global_list cannot do: a child hands its results back through shared memory.
//
// The Array and the Value are made by the parent and passed as arguments; the child gets the same memory, not a copy.
// After join() the child has ended, so nobody else changes what the parent reads.
class G2_array_and_value {

    static void squareAll(List<Integer> numbers, Array<Integer> result, Value<Integer> squareSum) {
        for (int i = 0; i < numbers.size(); i++) {
            result.setInt(i, numbers.get(i) * numbers.get(i));
        }
        squareSum.setInt(result.stream().mapToInt(Integer::intValue).sum());
        System.out.print("Result(in process p1): " + result.slice() + "\n");
        System.out.print("Sum of squares(in process p1): " + squareSum.getInt() + "\n");
    }

    public static void main(String[] args) {
        List<Integer> numbers = List.of(1, 2, 3, 4);
        Array<Integer> result = Array.of(CType.INT, numbers.size());
        Value<Integer> squareSum = Value.of(CType.INT);

        Process p1 = Process.of(G2_array_and_value::squareAll, numbers, result, squareSum);
        p1.start();
        p1.join();
        System.out.print("Result(in main program): " + result.slice() + "\n");
        System.out.print("Sum of squares(in main program): " + squareSum.getInt() + "\n");
    }
}
