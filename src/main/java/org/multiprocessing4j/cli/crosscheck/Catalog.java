package org.multiprocessing4j.cli.crosscheck;

import static org.multiprocessing4j.cli.crosscheck.Invariants.among;
import static org.multiprocessing4j.cli.crosscheck.Invariants.before;
import static org.multiprocessing4j.cli.crosscheck.Invariants.countsUp;
import static org.multiprocessing4j.cli.crosscheck.Invariants.different;
import static org.multiprocessing4j.cli.crosscheck.Invariants.distinct;
import static org.multiprocessing4j.cli.crosscheck.Invariants.firstLines;
import static org.multiprocessing4j.cli.crosscheck.Invariants.follows;
import static org.multiprocessing4j.cli.crosscheck.Invariants.lastLine;
import static org.multiprocessing4j.cli.crosscheck.Invariants.never;
import static org.multiprocessing4j.cli.crosscheck.Invariants.permutation;
import static org.multiprocessing4j.cli.crosscheck.Invariants.range;
import static org.multiprocessing4j.cli.crosscheck.Invariants.same;
import static org.multiprocessing4j.cli.crosscheck.Invariants.steps;
import static org.multiprocessing4j.cli.crosscheck.Invariants.uniformRows;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** The example programs, which exist in every {@link Language}, and what their outputs must be like. */
public final class Catalog {
    private static final String PID_LINE = "^PID (\\d+):";
    private static final String COUNTER = "^PID \\d+: counter: (-?\\d+)$";
    private static final String FINAL_COUNTER = "^Final counter value: (-?\\d+)$";
    private static final String UP = "^Incrementer: Increased shared value to (-?\\d+)$";
    private static final String DOWN = "^Decrementer: Decreased shared value to (-?\\d+)$";
    private static final String PARENT = "^Parent process \\(PID: (\\d+)\\)";

    private static final List<Program> PROGRAMS = List.of(
            noSharing(), valueRacy(), valueFixed(), arrayOwned(), globalList(), arrayAndValue(),
            forkHello(), waitpid(), pipe(), mmap(), semaphore(),
            process(), terminate(), queue(), valueWithLock(), lock(), pool(),
            basicProcess(), multipleProcesses(), deadlock(), processPool(), queueCommunication(), sharedValue(),
            sharedArray(), processLock(), processSemaphore(), processBarrier(), orphan(), zombie(),
            monitor(), boundedBuffer(), diningPhilosophers(),
            pipeCommunication(), namedPipe(), signals(), sockets(), bilingual(),
            poolWith(), poolCalls(), wordCount(), monteCarloPi());

    private Catalog() {
    }

    /**
     * Returns all programs.
     *
     * @return the programs, in the order in which they are listed and run
     */
    public static List<Program> programs() {
        return PROGRAMS;
    }

    /**
     * Finds programs by name.
     *
     * @param name a program's whole name, or what stands before its first underscore, in any case
     * @return the programs that it means; more than one where several begin so, none if there is no such program
     */
    public static List<Program> find(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        List<Program> found = new ArrayList<>();
        for (Program program : PROGRAMS) {
            String candidate = program.name().toLowerCase(Locale.ROOT);
            if (candidate.equals(wanted)) {
                return List.of(program);
            }
            if (candidate.split("_", 2)[0].equals(wanted)) {
                found.add(program);
            }
        }
        return found;
    }

    private static Program noSharing() {
        return Program.named("N1_no_sharing", "five processes count up a plain variable: each has its own")
                .prints("counter: 1", "counter: 1", "counter: 1", "counter: 1", "counter: 1",
                        "Final value of counter: 0")
                .layout(Layout.SORTED)
                .require(lastLine("^Final"))
                .build();
    }

    private static Program valueRacy() {
        return Program.named("N2_shared_value_racy", "five processes count up a Value without its lock: some are lost")
                .prints("PID 21: counter: 1", "PID 22: counter: 2", "PID 23: counter: 3", "PID 24: counter: 4",
                        "PID 25: counter: 5", "Final counter value: 5")
                .pids(PID_LINE)
                .mask("(counter(?: value)?: )\\d+$", "$1<k>")
                .layout(Layout.SORTED)
                .require(lastLine("^Final"), distinct(5, PID_LINE), range(COUNTER, 1, 5), range(FINAL_COUNTER, 1, 5),
                        among(FINAL_COUNTER, COUNTER))
                .build();
    }

    private static Program valueFixed() {
        return Program.named("N2_shared_value_fixed", "five processes count up a Value under its lock: none is lost")
                .prints("PID 21: counter: 1", "PID 22: counter: 2", "PID 23: counter: 3", "PID 24: counter: 4",
                        "PID 25: counter: 5", "Final counter value: 5")
                .pids(PID_LINE)
                .require(distinct(5, PID_LINE), countsUp(COUNTER))
                .build();
    }

    private static Program arrayOwned() {
        return Program.named("N3_shared_array", "five processes set one element each of an Array")
                .prints("PID 21: arr[0] = 1", "PID 22: arr[1] = 2", "PID 23: arr[2] = 3", "PID 24: arr[3] = 4",
                        "PID 25: arr[4] = 5", "Updated array: [1, 2, 3, 4, 5]")
                .pids(PID_LINE)
                .layout(Layout.SORTED)
                .require(lastLine("^Updated array"), distinct(5, PID_LINE))
                .build();
    }

    private static Program globalList() {
        return Program.named("G1_global_list", "a process fills a global list: the parent's stays empty")
                .prints("Result(in process p1) [1, 4, 9, 16]", "Result(in main program) []")
                .build();
    }

    private static Program arrayAndValue() {
        return Program.named("G2_array_and_value", "a process fills an Array and a Value: the parent sees both")
                .prints("Result(in process p1): [1, 4, 9, 16]", "Sum of squares(in process p1): 30",
                        "Result(in main program): [1, 4, 9, 16]", "Sum of squares(in main program): 30")
                .build();
    }

    private static Program forkHello() {
        return Program.named("C1_fork_hello", "fork: parent and child greet, neither waits")
                .prints("Hello from the parent process!", "Hello from the child process!")
                .layout(Layout.SORTED)
                .build();
    }

    private static Program waitpid() {
        return Program.named("C2_waitpid", "waitpid: the parent waits for its child's status")
                .prints("Child process terminating.", "Child process finished with status 0")
                .build();
    }

    private static Program pipe() {
        return Program.named("C3_pipe", "pipe: the parent writes, the child reads")
                .prints("Child received: Hello from parent")
                .build();
    }

    private static Program mmap() {
        return Program.named("C4_shared_mmap", "anonymous shared memory: the child writes, the parent reads")
                .prints("Parent received: Shared memory message")
                .build();
    }

    private static Program semaphore() {
        return Program.named("C5_semaphore", "a semaphore in shared memory tells the parent that the child has written")
                .prints("Parent reads: Child writes to shared memory")
                .build();
    }

    private static Program process() {
        return Program.named("P1_process", "a Process runs a function")
                .prints("Process ID: 21 - Hello from the child process!", "Main process finished.")
                .pids("^Process ID: (\\d+) ")
                .build();
    }

    private static Program terminate() {
        return Program.named("P2_terminate", "terminate() ends a process by SIGTERM: exit code -15")
                .prints("Starting long task...", "Process terminated with exit code -15.")
                .require(never("^Long task finished"))
                .build();
    }

    private static Program queue() {
        return Program.named("P3_queue", "a Queue carries a message from one process to another")
                .prints("Consumer received: Hello from producer")
                .build();
    }

    private static Program pool() {
        return Program.named("P6_pool", "a pool of four processes squares numbers")
                .prints("[1, 4, 9, 16, 25]")
                .build();
    }

    private static Program valueWithLock() {
        return Program.named("P4_value_with_lock", "five processes count up a Value under its lock, silently")
                .prints("Shared value: 5")
                .build();
    }

    private static Program lock() {
        return Program.named("P5_lock", "three processes print under a Lock: no line is torn")
                .prints("Message 1", "Message 2", "Message 3")
                .layout(Layout.SORTED)
                .build();
    }

    private static Program basicProcess() {
        return Program.named("01_basic_process", "pids, names and threads of a process and its parent")
                .prints("Main function", "Main function process id: 20", "Main process name: MainProcess",
                        "Main thread id: 1", "Worker function", "Worker function process id: 21",
                        "Worker function parent process id: 20", "Worker process name: Process-1",
                        "Worker thread id: 1", "Worker function finished", "Main function finished")
                .pids("process id: (\\d+)$")
                .mask("(thread id: )\\d+$", "$1<t>")
                .require(different("^Main function process id: (\\d+)$", "^Worker function process id: (\\d+)$"),
                        same("^Main function process id: (\\d+)$", "^Worker function parent process id: (\\d+)$"))
                .build();
    }

    private static Program multipleProcesses() {
        return Program.named("02_multiple_processes", "two processes run at the same time; the shorter ends first")
                .prints("Main function", "Main function process id: 20", "Function foo starts", "Function bar starts",
                        "Function foo process id: 21", "Function bar process id: 22", "Function bar finishes",
                        "Function foo finishes", "Main function finished")
                .pids("process id: (\\d+)$")
                .layout(Layout.groupedBy("^(Main|Function foo|Function bar)"))
                .require(firstLines(2, "^Main function(?! finished)"), lastLine("^Main function finished$"),
                        before("^Function (?:foo|bar) starts$", "^Function (?:foo|bar) finishes$"),
                        before("^Function bar finishes$", "^Function foo finishes$"),
                        distinct(3, "process id: (\\d+)$"))
                .build();
    }

    private static Program deadlock() {
        return Program.named("03_deadlock", "two processes take two locks in opposite order: a report and an end")
                .prints("Process 1 holds lock a", "Process 2 holds lock b", "Process 1 waits for lock b",
                        "Process 2 waits for lock a", "Deadlock: Process 1 waits for lock b",
                        "Deadlock: Process 2 waits for lock a", "Process 2 got lock a",
                        "Ended: Process 1 with exit code -15", "Ended: Process 2 with exit code 0")
                .layout(Layout.groupedBy("^(Process 1|Process 2|Deadlock|Ended)"))
                .require(before("^Process \\d holds", "^Process \\d waits"),
                        before("^Process \\d waits", "^Deadlock"), before("^Deadlock", "^Process 2 got"),
                        before("^Process 2 got", "^Ended: Process 2"))
                .build();
    }

    private static Program processPool() {
        return Program.named("04_process_pool", "three worker processes compute ten tasks")
                .prints(lines(10, i -> List.of("Task " + (i - 1) + ": started", "Task " + (i - 1) + ": finished",
                        "Task " + (i - 1) + ": result " + 2 * (i - 1))))
                .layout(Layout.groupedBy("^Task (\\d+):"))
                .build();
    }

    private static Program poolWith() {
        return Program.named("D1_pool_with", "a pool of four: map, any order, one call, a result that takes too long")
                .prints("Main: pid 20", "map: [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]")
                .prints(lines(10, i -> List.of("imap_unordered: " + (i - 1) * (i - 1))))
                .prints("apply_async: 400", "One call: pid 21", "One of four calls: pid 21",
                        "One of four calls: pid 22", "One of four calls: pid 23", "One of four calls: pid 24",
                        "A call that sleeps: no result in time", "apply, meanwhile: 25",
                        "apply, after the end: Pool not running")
                .mask("pid \\d+$", "pid <p>")
                .layout(Layout.groupedBy("^(imap_unordered: \\d+)"))
                .require(firstLines(1, "^Main: "), different("^Main: pid (\\d+)$", "calls?: pid (\\d+)$"),
                        before("^imap_unordered", "^apply_async"), lastLine("^apply, after the end"))
                .build();
    }

    private static Program poolCalls() {
        List<String> tasks = IntStream.range(0, 10)
                .mapToObj(i -> i < 5 ? "multiply(" + i + ", 7) = " + 7 * i : "plus(" + (i - 5) + ", 8) = " + (i + 3))
                .map(task -> task + " by PoolWorker-1").toList();
        int[] quotients = {-12, -15, -20, -30, -60, 0, 60, 30, 20, 15};
        return Program.named("D2_pool_calls", "each kind of call of a pool, its errors and its time limits")
                .prints(lines(10, i -> List.of("apply_async: " + tasks.get(i - 1))))
                .prints(lines(10, i -> List.of("imap: " + tasks.get(i - 1))))
                .prints(lines(10, i -> List.of("imap_unordered: " + tasks.get(i - 1))))
                .prints(lines(10, i -> List.of("map: " + tasks.get(i - 1))))
                .prints("starmap: [0, 2, 6, 12, 20]", "apply: 27",
                        "map, 3 items to a task: [0, 1, 8, 27, 64, 125, 216, 343, 512, 729]",
                        "error of apply: division by zero", "error of map: division by zero",
                        "error of imap: division by zero")
                .prints(lines(10, i -> List.of("item " + (i - 1) + " of imap: "
                        + (i == 6 ? "division by zero" : String.valueOf(quotients[i - 1])))))
                .prints("waiting: apply_async has no result yet", "waiting: imap has no result yet",
                        "waiting: now there are [1, 2, 3, 4]", "closed: what was begun is done, [0, 1, 8, 27]",
                        "closed: Pool not running")
                .mask(" by \\w*PoolWorker-\\d+$", " by <worker>")
                .layout(Layout.groupedBy("^(imap_unordered: .*)$"))
                .require(before("^imap: ", "^imap_unordered: "), before("^imap_unordered: ", "^map: "),
                        lastLine("^closed: Pool"))
                .build();
    }

    private static Program wordCount() {
        return Program.named("W1_word_count", "workers count the words of this repository's own text")
                .require(firstLines(1, "^Files: [1-9]\\d+, words: \\d{4,}, different ones: \\d{3,}$"),
                        distinct(10, "^(\\w+): \\d+$"))
                .build();
    }

    private static Program monteCarloPi() {
        int[] hits = {15812, 15687, 15741, 15830, 15718, 15641, 15776, 15654, 15794, 15767, 15654, 15724, 15809, 15691,
            15694, 15659};
        return Program.named("M1_monte_carlo_pi", "tasks with a seed each: pi, whoever computes what")
                .prints(lines(hits.length, i -> List.of("Task " + (i - 1) + ": " + hits[i - 1] + " of 20000")))
                .prints("Pi is about 3.1456")
                .build();
    }

    private static Program queueCommunication() {
        return Program.named("05_queue_communication", "a producer and a consumer, a Queue with three places between")
                .prints(lines(5, i -> List.of("Producer: put item " + i, "Consumer: got item " + i)))
                .prints("Consumer: no more items", "All items have been processed")
                .layout(Layout.groupedBy("^(Producer|Consumer):"))
                .require(countsUp("^Producer: put item (\\d+)$"), countsUp("^Consumer: got item (\\d+)$"),
                        before("got item", "no more items"), lastLine("^All items"))
                .build();
    }

    private static Program sharedValue() {
        return Program.named("07_shared_value", "one process counts a Value up, another down")
                .prints(repeat(5, "Incrementer: Increased shared value to 1",
                        "Decrementer: Decreased shared value to 0"))
                .prints("Final shared value: 0")
                .mask("^(\\w+: \\w+ shared value to )-?\\d+$", "$1<k>")
                .layout(Layout.groupedBy("^(Incrementer|Decrementer|Final)"))
                .require(lastLine("^Final"), steps(UP, DOWN))
                .build();
    }

    private static Program sharedArray() {
        String row = " \\[(-?\\d+), (-?\\d+), (-?\\d+)\\]$";
        return Program.named("08_shared_array", "one process counts an Array up, another down, under its lock")
                .prints(repeat(5, "Array incremented: [1, 1, 1]", "Array decremented: [0, 0, 0]"))
                .prints("Final array state: [0, 0, 0]")
                .mask("^(Array \\w+:)" + row, "$1 [<k>, <k>, <k>]")
                .layout(Layout.groupedBy("^(Array incremented|Array decremented|Final)"))
                .require(lastLine("^Final"), uniformRows("^Array \\w+:" + row),
                        steps("^Array incremented:" + row, "^Array decremented:" + row))
                .build();
    }

    private static Program processLock() {
        return Program.named("10_process_lock", "four processes take turns under a Lock")
                .prints("Process Process-1 is starting...", "Process Process-1 is finished. Counter: 1",
                        "Process Process-2 is starting...", "Process Process-2 is finished. Counter: 2",
                        "Process Process-3 is starting...", "Process Process-3 is finished. Counter: 3",
                        "Process Process-4 is starting...", "Process Process-4 is finished. Counter: 4",
                        "Final counter value: 4")
                .mask("(Counter: )\\d+$", "$1<k>")
                .layout(Layout.groupedBy("^Process Process-(\\d+) "))
                .require(lastLine("^Final"),
                        follows("^Process Process-(\\d+) is starting", "^Process Process-(\\d+) is finished"),
                        countsUp("is finished\\. Counter: (\\d+)$"),
                        permutation(4, "^Process Process-(\\d+) is finished"))
                .build();
    }

    private static Program processSemaphore() {
        return Program.named("11_process_semaphore", "two of five processes at most are inside at the same time")
                .prints(lines(5, i -> List.of("Process " + i + " is waiting", "Process " + i + " is inside, number 1",
                        "Process " + i + " leaves")))
                .prints("All processes have finished. Permits: 2")
                .mask("(inside, number )\\d+$", "$1<k>")
                .layout(Layout.groupedBy("^Process (\\d+) "))
                .require(range("inside, number (\\d+)$", 1, 2), permutation(5, "^Process (\\d+) leaves$"),
                        lastLine("^All processes"))
                .build();
    }

    private static Program processBarrier() {
        return Program.named("12_process_barrier", "five processes pass a barrier when all have arrived")
                .prints(lines(5, i -> List.of("Process " + i + " is waiting at the barrier")))
                .prints("All have arrived")
                .prints(lines(5, i -> List.of("Process " + i + " has passed the barrier")))
                .prints("All processes have passed the barrier. Broken: no")
                .layout(Layout.groupedBy("^Process (\\d+) "))
                .require(before("is waiting at", "^All have arrived"), before("^All have arrived", "has passed"),
                        lastLine("^All processes"))
                .build();
    }

    private static Program monitor() {
        return Program.named("S1_monitor", "a customer waits by a Condition until there is enough to withdraw")
                .prints("Waiting for 50, balance 0", "Deposited 10, balance 10", "Deposited 10, balance 20",
                        "Deposited 10, balance 30", "Deposited 10, balance 40", "Deposited 10, balance 50",
                        "Withdrew 50, balance 0", "Finished")
                .build();
    }

    private static Program boundedBuffer() {
        return Program.named("S2_bounded_buffer", "producer and consumer share three places by two Semaphores")
                .prints(lines(8, i -> List.of("Produced " + i, "Consumed " + i)))
                .prints("Sum of all consumed: 36", "Free places: 3")
                .layout(Layout.groupedBy("^(Produced|Consumed)"))
                .require(countsUp("^Produced (\\d+)$"), countsUp("^Consumed (\\d+)$"),
                        before("^Consumed", "^Sum"), lastLine("^Free places"))
                .build();
    }

    private static Program diningPhilosophers() {
        return Program.named("S3_dining_philosophers", "five philosophers take their forks in order: none starves")
                .prints(lines(5, Catalog::dinner))
                .prints("All philosophers have eaten")
                .layout(Layout.groupedBy("^Philosopher (\\d+) "))
                .require(permutation(5, "^Philosopher (\\d+) is full"), lastLine("^All philosophers"))
                .build();
    }

    private static List<String> dinner(int philosopher) {
        int other = philosopher % 5 + 1;
        String forks = "fork " + Math.min(philosopher, other) + " and fork " + Math.max(philosopher, other);
        List<String> lines = new ArrayList<>();
        for (int meal = 1; meal <= 3; meal++) {
            lines.add("Philosopher " + philosopher + " eats meal " + meal + " with " + forks);
        }
        lines.add("Philosopher " + philosopher + " is full");
        return lines;
    }

    /** The lines for each number from 1 to {@code count}. */
    private static String[] lines(int count, IntFunction<List<String>> of) {
        return IntStream.rangeClosed(1, count).mapToObj(of).flatMap(List::stream).toArray(String[]::new);
    }

    private static Program pipeCommunication() {
        return Program.named("06_pipe_communication", "a producer sends through a pipe, a consumer receives to the end")
                .prints(lines(5, i -> List.of("Producer sends " + i, "Consumer received " + i)))
                .prints("Consumer saw the end, sum 15", "Exit codes: 0 and 0")
                .layout(Layout.groupedBy("^(Producer|Consumer)"))
                .require(countsUp("^Producer sends (\\d+)$"), countsUp("^Consumer received (\\d+)$"),
                        before("^Consumer received", "^Consumer saw"), lastLine("^Exit codes"))
                .build();
    }

    private static Program namedPipe() {
        return Program.named("named_pipe", "two processes meet at a named pipe")
                .prints(lines(5, i -> List.of("Reader received: Message " + i + " through the named pipe")))
                .prints("Reader: end of file", "Named pipe removed")
                .build();
    }

    private static Program signals() {
        return Program.named("signals", "a child counts SIGUSR1 and ends in good order at SIGTERM")
                .prints(lines(3, i -> List.of("Parent sends SIGUSR1", "Child got SIGUSR1, number " + i,
                        "Parent knows of " + i)))
                .prints("Child got SIGTERM and cleans up", "Exit code: 0")
                .build();
    }

    private static Program sockets() {
        return Program.named("sockets", "a server on TCP serves clients that have the key, and refuses others")
                .prints("Client 1 got 1", "Client 2 got 4", "Client 3 got 9", "Client 4 was refused",
                        "Server: 3 served, 1 refused")
                .layout(Layout.SORTED)
                .require(lastLine("^Server"))
                .build();
    }

    private static Program bilingual() {
        return Program.named("bilingual", "a program exchanges objects with a Python program, both ways round")
                .prints("Server got pi = 3.5, digits [3, 1, 4]", "Python client got 8", "Client's exit code: 0",
                        "Python listener answered [1, 4, 9]", "Listener's exit code: 0")
                .layout(Layout.SORTED)
                .require(before("^Python client", "^Client's exit"), before("^Client's exit", "^Python listener"),
                        lastLine("^Listener's"))
                .build();
    }

    private static Program orphan() {
        return Program.named("13_orphan", "a child outlives its parent and gets another one")
                .prints("Parent process (PID: 20) started.", "Child process (PID: 21) started.",
                        "Child's parent PID: 20",
                        "Parent process (PID: 20) is exiting, leaving the child process orphaned.",
                        "Child's parent PID after orphaning: 1", "Child process (PID: 21) finished.")
                .pids("(?:PID|after orphaning): (\\d+)")
                .require(different(PARENT, "^Child process \\(PID: (\\d+)\\)"),
                        same(PARENT, "^Child's parent PID: (\\d+)$"),
                        different(PARENT, "^Child's parent PID after orphaning: (\\d+)$"))
                .build();
    }

    private static Program zombie() {
        return Program.named("14_zombie", "a child that has ended is a zombie until its parent waits for it")
                .prints("Parent process (PID: 20) started.",
                        "Parent process (PID: 20) is NOT waiting for the child process to terminate.",
                        "Child process started.", "Child process finished.",
                        "Parent process (PID: 20) sees child process (PID: 21) in state Z.",
                        "Parent process (PID: 20) reaped child process (PID: 21), exit status 42.",
                        "Parent process (PID: 20) finds no child process (PID: 21) any more.",
                        "Parent process (PID: 20) finished.")
                .pids("\\(PID: (\\d+)\\)")
                .layout(Layout.groupedBy("^(Parent|Child)"))
                .require(firstLines(1, "^Parent process \\(PID: \\d+\\) started"),
                        before("^Child process finished", "in state Z"),
                        different(PARENT, "child process \\(PID: (\\d+)\\)"))
                .build();
    }

    private static String[] repeat(int times, String... lines) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            all.addAll(List.of(lines));
        }
        return all.toArray(String[]::new);
    }
}
