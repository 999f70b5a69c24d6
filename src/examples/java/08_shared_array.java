import org.multiprocessing4j.Array;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;

// One process adds 1 to all elements of an Array, another takes 1 off: every printed row is uniform.
//
// An Array locks each access to one element. The textbook version relies on that, so that the other process can come
// between two elements and rows of unequal numbers appear; and it runs until somebody interrupts it. Here the array's
// lock is held around the whole row, from the first element to the printed line, and each process does five rounds.
class _08_shared_array {

    private static final int ROUNDS = 5;

    private static void addToAll(Array<Integer> array, int delta) {
        for (int i = 0; i < array.size(); i++) {
            array.setInt(i, array.getInt(i) + delta);
        }
    }

    @SuppressWarnings("try") // the guard is there to be closed, and for nothing else
    static void increment(Array<Integer> array) {
        for (int i = 0; i < ROUNDS; i++) {
            try (var guard = array.hold()) {
                addToAll(array, 1);
                System.out.print("Array incremented: " + array.slice() + "\n");
            }
        }
    }

    @SuppressWarnings("try")
    static void decrement(Array<Integer> array) {
        for (int i = 0; i < ROUNDS; i++) {
            try (var guard = array.hold()) {
                addToAll(array, -1);
                System.out.print("Array decremented: " + array.slice() + "\n");
            }
        }
    }

    public static void main(String[] args) {
        Array<Integer> array = Array.of(CType.INT, new int[] {0, 0, 0});
        Process incrementer = Process.of(_08_shared_array::increment, array);
        Process decrementer = Process.of(_08_shared_array::decrement, array);
        incrementer.start();
        decrementer.start();
        incrementer.join();
        decrementer.join();
        System.out.print("Final array state: " + array.slice() + "\n");
    }
}
