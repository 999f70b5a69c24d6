import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Value;

// One process counts a Value up, another counts it down: it ends where it began.
//
// Each step changes the value and prints it under the value's own lock. So every line shows the number of the line
// before, plus or minus 1, however the two take turns.
//
// One textbook version makes a second lock beside the one that every Value has. Another, in C++, keeps the number in
// named shared memory: after a crash the next run begins with the old number, or blocks on the old semaphore. Ours has
// no name and goes with the processes.
class _07_shared_value {

    private static final int STEPS = 5;

    @SuppressWarnings("try") // the guard is there to be closed, and for nothing else
    static void increment(Value<Integer> sharedValue) {
        for (int i = 0; i < STEPS; i++) {
            try (var guard = sharedValue.hold()) {
                sharedValue.setInt(sharedValue.getInt() + 1);
                System.out.print("Incrementer: Increased shared value to " + sharedValue.getInt() + "\n");
            }
        }
    }

    @SuppressWarnings("try")
    static void decrement(Value<Integer> sharedValue) {
        for (int i = 0; i < STEPS; i++) {
            try (var guard = sharedValue.hold()) {
                sharedValue.setInt(sharedValue.getInt() - 1);
                System.out.print("Decrementer: Decreased shared value to " + sharedValue.getInt() + "\n");
            }
        }
    }

    public static void main(String[] args) {
        Value<Integer> sharedValue = Value.of(CType.INT, 0);
        Process incrementer = Process.of(_07_shared_value::increment, sharedValue);
        Process decrementer = Process.of(_07_shared_value::decrement, sharedValue);
        incrementer.start();
        decrementer.start();
        incrementer.join();
        decrementer.join();
        System.out.print("Final shared value: " + sharedValue.getInt() + "\n");
    }
}
