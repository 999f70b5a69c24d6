import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.multiprocessing4j.Event;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.pool.Args;
import org.multiprocessing4j.pool.AsyncResult;
import org.multiprocessing4j.pool.Calls;
import org.multiprocessing4j.pool.IMapIterator;
import org.multiprocessing4j.pool.Pool;

// Each kind of call that a pool has, its errors and its time limits.
class D2_pool_calls {

    static final Duration SHORT = Duration.ofMillis(20);

    static Event gate;

    static void takeGate(Event event) {
        gate = event;
    }

    enum Operation {
        multiply {
            @Override
            int apply(int a, int b) {
                return a * b;
            }
        },
        plus {
            @Override
            int apply(int a, int b) {
                return a + b;
            }
        };

        abstract int apply(int a, int b);
    }

    static String calculate(Operation operation, int a, int b) {
        return operation + "(" + a + ", " + b + ") = " + operation.apply(a, b) + " by "
                + Multiprocessing.currentProcess().name();
    }

    static String calculateAll(Args.Of3<Operation, Integer, Integer> arguments) {
        return calculate(arguments.a(), arguments.b(), arguments.c());
    }

    static int multiply(int a, int b) {
        return a * b;
    }

    static int cube(int x) {
        return x * x * x;
    }

    static int divide(int x) {
        return 60 / (x - 5);
    }

    static int waitForGate(int x) throws InterruptedException {
        gate.await();
        return x;
    }

    interface Call {
        void run() throws InterruptedException;
    }

    static String failure(Call call) throws InterruptedException {
        try {
            call.run();
            return "none";
        } catch (ArithmeticException e) {
            return "division by zero";
        }
    }

    static void calls(Calls pool) throws InterruptedException {
        List<Args.Of3<Operation, Integer, Integer>> tasks = new ArrayList<>();
        IntStream.range(0, 5).forEach(i -> tasks.add(Args.of(Operation.multiply, i, 7)));
        IntStream.range(0, 5).forEach(i -> tasks.add(Args.of(Operation.plus, i, 8)));
        List<AsyncResult<String>> results = new ArrayList<>();
        tasks.forEach(t -> results.add(pool.applyAsync(D2_pool_calls::calculate, t.a(), t.b(), t.c())));
        for (AsyncResult<String> result : results) {
            System.out.println("apply_async: " + result.result());
        }
        pool.imap(D2_pool_calls::calculateAll, tasks)
                .forEachRemaining(result -> System.out.println("imap: " + result));
        pool.imapUnordered(D2_pool_calls::calculateAll, tasks)
                .forEachRemaining(result -> System.out.println("imap_unordered: " + result));
        pool.map(D2_pool_calls::calculateAll, tasks).forEach(result -> System.out.println("map: " + result));
        List<Args.Of2<Integer, Integer>> pairs = IntStream.range(0, 5).mapToObj(i -> Args.of(i, i + 1)).toList();
        System.out.println("starmap: " + pool.starmap(D2_pool_calls::multiply, pairs));
        System.out.println("apply: " + pool.apply(D2_pool_calls::cube, 3));
        System.out.println("map, 3 items to a task: " + pool.map(D2_pool_calls::cube, range(0, 10), 3));
    }

    static void errors(Calls pool) throws InterruptedException {
        System.out.println("error of apply: " + failure(() -> pool.apply(D2_pool_calls::divide, 5)));
        System.out.println("error of map: " + failure(() -> pool.map(D2_pool_calls::divide, range(0, 10))));
        System.out.println("error of imap: "
                + failure(() -> pool.imap(D2_pool_calls::divide, range(0, 10)).forEachRemaining(result -> { })));
        IMapIterator<Integer> results = pool.imap(D2_pool_calls::divide, range(0, 10));
        for (int i = 0; i < 10; i++) {
            try {
                System.out.println("item " + i + " of imap: " + results.next());
            } catch (ArithmeticException e) {
                System.out.println("item " + i + " of imap: division by zero");
            }
        }
    }

    static void timeLimits(Calls pool, Event event) throws InterruptedException {
        AsyncResult<Integer> result = pool.applyAsync(D2_pool_calls::waitForGate, 1);
        IMapIterator<Integer> results = pool.imap(D2_pool_calls::waitForGate, range(2, 5));
        try {
            result.get(SHORT);
        } catch (TimeoutException e) {
            System.out.println("waiting: apply_async has no result yet");
        }
        try {
            results.next(SHORT);
        } catch (TimeoutException e) {
            System.out.println("waiting: imap has no result yet");
        }
        event.set();
        List<Integer> all = new ArrayList<>(List.of(result.result()));
        results.forEachRemaining(all::add);
        System.out.println("waiting: now there are " + all);
    }

    static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    public static void main(String[] args) throws InterruptedException {
        Event event = new Event();
        Pool pool = Pool.builder().processes(4).initializer(D2_pool_calls::takeGate, event).build();
        try (var calls = pool.with()) {
            calls(calls);
            errors(calls);
            timeLimits(calls, event);
            AsyncResult<List<Integer>> late = calls.mapAsync(D2_pool_calls::cube, range(0, 4));
            pool.close();
            pool.join();
            System.out.println("closed: what was begun is done, " + late.result());
            System.out.println("closed: " + refusal(calls));
        }
    }

    static String refusal(Calls pool) throws InterruptedException {
        try {
            return "took " + pool.apply(D2_pool_calls::cube, 3);
        } catch (IllegalStateException e) {
            return e.getMessage();
        }
    }
}
