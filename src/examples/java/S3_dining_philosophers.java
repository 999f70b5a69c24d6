import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Process;

// The dining philosophers: five processes, five forks, and each needs the two beside it.
//
// If each took its left fork first all might sit there with one, for ever. Here each takes the fork with the smaller
// number first: then somebody always has both.
class S3_dining_philosophers {

    private static final int PHILOSOPHERS = 5;
    private static final int MEALS = 3;

    @SuppressWarnings("try") // the guards are there to be closed, and for nothing else
    static void dine(int number, Lock first, Lock second) {
        for (int meal = 1; meal <= MEALS; meal++) {
            try (var one = first.hold(); var other = second.hold()) {
                System.out.print("Philosopher " + number + " eats meal " + meal + " with " + first.name() + " and "
                        + second.name() + "\n");
            }
        }
        System.out.print("Philosopher " + number + " is full\n");
    }

    public static void main(String[] args) {
        List<Lock> forks = new ArrayList<>();
        for (int i = 1; i <= PHILOSOPHERS; i++) {
            forks.add(new Lock("fork " + i));
        }
        List<Process> table = new ArrayList<>();
        for (int i = 0; i < PHILOSOPHERS; i++) {
            int next = (i + 1) % PHILOSOPHERS;
            Lock first = forks.get(Math.min(i, next));
            Lock second = forks.get(Math.max(i, next));
            table.add(Process.of(S3_dining_philosophers::dine, i + 1, first, second));
        }
        table.forEach(Process::start);
        table.forEach(Process::join);
        System.out.print("All philosophers have eaten\n");
    }
}
