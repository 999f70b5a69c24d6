import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.Process;

// Processes share nothing by themselves: five children count, and the parent's counter stays 0.
//
// A child is a JVM of its own: it has its own copy by nature, and an argument reaches it serialized, as a copy.
// `counter++` then changes the child's own number.
//
// Textbook versions often show the last line only, because the children's output was lost. Here each line is written at
// once by the process that prints it, and its newline is part of the text: println() would write the newline apart, and
// the lines of two processes would mix.
class N1_no_sharing {

    static void count(int counter) {
        counter++;
        System.out.print("counter: " + counter + "\n");
    }

    public static void main(String[] args) {
        int counter = 0;
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            processes.add(Process.of(N1_no_sharing::count, counter));
        }
        processes.forEach(Process::start);
        processes.forEach(Process::join);
        System.out.print("Final value of counter: " + counter + "\n");
    }
}
