import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.pool.AsyncResult;
import org.multiprocessing4j.pool.BasicPool;
import org.multiprocessing4j.pool.Pool;

// What a pool of four processes is asked for: map, imapUnordered, applyAsync, a result in time or not.
class D1_pool_with {

    static final Duration MINUTE = Duration.ofMinutes(1);

    static int square(int x) {
        return x * x;
    }

    static long pid() {
        return Multiprocessing.currentProcess().pid();
    }

    static int sleep(Duration time) throws InterruptedException {
        Thread.sleep(time.toMillis());
        return 0;
    }

    public static void main(String[] args) throws InterruptedException, TimeoutException {
        System.out.println("Main: pid " + pid());
        List<Integer> numbers = IntStream.range(0, 10).boxed().toList();
        BasicPool afterwards;
        try (var pool = new Pool(4).with()) {
            afterwards = pool.pool();
            System.out.println("map: " + pool.map(D1_pool_with::square, numbers));
            Iterator<Integer> results = pool.imapUnordered(D1_pool_with::square, numbers);
            results.forEachRemaining(result -> System.out.println("imap_unordered: " + result));
            System.out.println("apply_async: " + pool.applyAsync(D1_pool_with::square, 20).get(MINUTE));
            System.out.println("One call: pid " + pool.applyAsync(D1_pool_with::pid).get(MINUTE));
            List<AsyncResult<Long>> calls = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                calls.add(pool.applyAsync(D1_pool_with::pid));
            }
            for (AsyncResult<Long> call : calls) {
                System.out.println("One of four calls: pid " + call.get(MINUTE));
            }
            try {
                pool.applyAsync(D1_pool_with::sleep, Duration.ofMinutes(10)).get(Duration.ofMillis(50));
            } catch (TimeoutException e) {
                System.out.println("A call that sleeps: no result in time");
            }
            System.out.println("apply, meanwhile: " + pool.apply(D1_pool_with::square, 5));
        }
        try {
            afterwards.apply(D1_pool_with::square, 6);
        } catch (IllegalStateException e) {
            System.out.println("apply, after the end: " + e.getMessage());
        }
    }
}
