package org.multiprocessing4j.cli.stress;

import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Value;
import org.multiprocessing4j.cli.stress.Children.Child;
import org.multiprocessing4j.cli.stress.Children.Order;
import org.multiprocessing4j.cli.stress.Children.Way;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * The program that is forked: usage {@code Worker CHILDREN MILLISECONDS SEED DEADLINE-MILLISECONDS FORKABLE}. It makes
 * so many children, or those that the time allows, half of them at rest and half of them at work.
 *
 * <p>It tells {@link Trial} what happens in lines that begin with {@link Message#MARK}; whatever else comes out of it,
 * such as a thread dump, is text. When a child is overdue it says so and waits to be killed.
 */
public final class Worker {
    /** Two at a time: a child must come to terms with a sibling, and the parent forks while one is running. */
    private static final int AT_ONCE = 2;

    private static final int FRESH_THREAD_EVERY = 5;
    private static final int ATTEMPTS = 3;
    private static final int MOST_CODES = 100;
    private static final int TERMINATED = -Posix.SIGTERM;

    private record InFlight(int number, Order order, Child child, int expected, long deadline) {}

    private final PrintStream trial;
    private final Random random;
    private final Duration deadline;
    private final List<Way> ways;
    private final Value<Integer> passed = Value.of(CType.INT, 0);
    private final Deque<InFlight> inFlight = new ArrayDeque<>();
    private int number;
    private int expectedPasses;
    private boolean failed;

    private Worker(PrintStream trial, long seed, Duration deadline, List<Way> ways) {
        this.trial = trial;
        this.random = new Random(seed);
        this.deadline = deadline;
        this.ways = ways;
    }

    /** Runs to the end, or until a child is overdue. */
    public static void main(String[] arguments) throws Exception {
        PrintStream trial = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream(), true));
        int children = Integer.parseInt(arguments[0]);
        long end = System.nanoTime() + Duration.ofMillis(Long.parseLong(arguments[1])).toNanos();
        Duration deadline = Duration.ofMillis(Long.parseLong(arguments[3]));
        boolean forkable = Boolean.parseBoolean(arguments[4]);
        if (!forkable) {
            trial.println(Message.refusal(refusal()));
        }
        List<Way> ways = Way.available(forkable);
        trial.println(Message.ways(ways));
        if (!ways.isEmpty()) {
            Worker worker = new Worker(trial, Long.parseLong(arguments[2]), deadline, ways);
            FreshClasses.prepare();
            worker.phase(false, children / 2, System.nanoTime() + (end - System.nanoTime()) / 2);
            new BusyThreads().start();
            worker.phase(true, children - children / 2, end);
        }
        trial.println(Message.DONE);
        System.exit(0);
    }

    /** What a fork that must be refused answers; empty if it is not. */
    private static String refusal() {
        if (Multiprocessing.getAllStartMethods().contains("fork")) {
            return "";
        }
        try {
            int pid = Posix.fork();
            if (pid == 0) {
                Posix._exit(0);
            }
            Posix.waitpid(pid);
            return "";
        } catch (UnsupportedOperationException e) {
            return e.getMessage();
        }
    }

    private void phase(boolean busy, int children, long end) throws InterruptedException {
        for (int i = 0; i < children && System.nanoTime() < end; i++) {
            if (inFlight.size() == AT_ONCE) {
                finish(inFlight.remove());
            }
            begin(busy);
        }
        while (!inFlight.isEmpty()) {
            finish(inFlight.remove());
        }
        if (!failed && passed.getInt() != expectedPasses) {
            trial.println(Message.failure(
                    number, passed.getInt() + " processes have counted themselves, not " + expectedPasses));
        }
    }

    private void begin(boolean busy) throws InterruptedException {
        Way way = ways.get(random.nextInt(ways.size()));
        Task task = Task.any(random);
        int code = random.nextInt(MOST_CODES);
        Order order = new Order(task, random.nextLong(), code, random.nextBoolean(), passed);
        trial.println(Message.begin(++number, way, task));
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                long before = System.nanoTime();
                Child child = start(way, order);
                long nanos = System.nanoTime() - before;
                trial.println(Message.started(number, child.pid(), way, busy, nanos));
                begun(way, order, child);
                return;
            } catch (UnsupportedOperationException e) {
                trial.println(Message.refused(number, e.getMessage()));
            } catch (OSException e) {
                trial.println(Message.failure(number, e.toString()));
                return;
            }
        }
        trial.println(Message.failure(number, "refused " + ATTEMPTS + " times"));
    }

    private void begun(Way way, Order order, Child child) {
        int expected = order.code();
        if (order.task() == Task.TERMINATED) {
            child.terminate();
            expected = TERMINATED;
        } else if (way != Way.POSIX) {
            expectedPasses++;
        }
        inFlight.add(new InFlight(number, order, child, expected, System.nanoTime() + deadline.toNanos()));
    }

    /** Now and then in a thread that was just made, which is the child's first one then. */
    private Child start(Way way, Order order) throws InterruptedException {
        if (number % FRESH_THREAD_EVERY != 0) {
            return way.start(order);
        }
        Child[] child = new Child[1];
        RuntimeException[] failure = new RuntimeException[1];
        Thread thread = new Thread(() -> {
            try {
                child[0] = way.start(order);
            } catch (RuntimeException e) {
                failure[0] = e;
            }
        }, "forks");
        thread.start();
        thread.join();
        if (failure[0] != null) {
            throw failure[0];
        }
        return child[0];
    }

    private void finish(InFlight flight) throws InterruptedException {
        OptionalInt code = flight.child().await(Duration.ofNanos(flight.deadline() - System.nanoTime()));
        if (code.isEmpty()) {
            trial.println(Message.hang(flight.number(), flight.child().pid()));
            Thread.sleep(Long.MAX_VALUE);
        }
        flight.child().close();
        if (code.getAsInt() == flight.expected()) {
            trial.println(Message.passed(flight.number()));
        } else {
            failed = true;
            trial.println(Message.failure(flight.number(), flight.order().task() + ": exit code " + code.getAsInt()
                    + ", not " + flight.expected()));
        }
    }
}
