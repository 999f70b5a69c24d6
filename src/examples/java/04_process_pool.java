import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.multiprocessing4j.pool.ProcessPoolExecutor;

// Three worker processes compute what ten tasks stand for.
class _04_process_pool {

    static int work(int task) {
        System.out.print("Task " + task + ": started\n");
        int result = task * 2;
        System.out.print("Task " + task + ": finished\n");
        return result;
    }

    public static void main(String[] args) throws InterruptedException, ExecutionException {
        var executor = new ProcessPoolExecutor(3);
        Map<Integer, Future<Integer>> futures = new LinkedHashMap<>();
        for (int i = 0; i < 10; i++) {
            int task = i;
            futures.put(task, executor.submit(() -> work(task)));
        }
        for (var entry : futures.entrySet()) {
            System.out.print("Task " + entry.getKey() + ": result " + entry.getValue().get() + "\n");
        }
        executor.shutdown();
    }
}
