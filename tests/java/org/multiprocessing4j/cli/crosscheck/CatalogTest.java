package org.multiprocessing4j.cli.crosscheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the catalog accepts and what it refuses, program by program. */
class CatalogTest {
    static List<Program> programs() {
        return Catalog.programs();
    }

    /** All but the one that counts words of a text that changes. */
    static List<Program> sampled() {
        return programs().stream().filter(program -> !program.name().equals("W1_word_count")).toList();
    }

    private static Program program(String name) {
        List<Program> found = Catalog.find(name);
        assertThat(found).as(name).hasSize(1);
        return found.get(0);
    }

    private static String judge(Program program, List<String> lines) {
        String output = lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
        RunResult run = new RunResult(output, "", OptionalInt.of(0), Duration.ZERO, "");
        return new Judge(program).judge(Map.of("java", run)).get("java");
    }

    @ParameterizedTest
    @MethodSource("sampled")
    void acceptsItsOwnSample(Program program) {
        assertThat(program.expected()).isPresent();
        assertThat(judge(program, program.sample())).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("programs")
    void refusesEveryMissingDoubledOrGarbledLine(Program program) {
        for (int i = 0; i < program.sample().size(); i++) {
            List<String> missing = new ArrayList<>(program.sample());
            String line = missing.remove(i);
            assertThat(judge(program, missing)).as("without: " + line).contains("- ");

            List<String> doubled = new ArrayList<>(program.sample());
            doubled.add(i, line);
            assertThat(judge(program, doubled)).as("twice: " + line).contains("+ ");

            List<String> garbled = new ArrayList<>(program.sample());
            garbled.set(i, line + "!");
            assertThat(judge(program, garbled)).as("garbled: " + line).contains("- ").contains("+ ");
        }
    }

    @ParameterizedTest
    @MethodSource("programs")
    void refusesNoOutputAtAll(Program program) {
        assertThat(judge(program, List.of())).isNotEmpty();
    }

    static Stream<Arguments> otherGoodOutputs() {
        return Stream.of(
                Arguments.of("N2_shared_value_racy", "all counts but one lost", List.of("PID 905: counter: 1",
                        "PID 904: counter: 1", "PID 903: counter: 1", "PID 902: counter: 1", "PID 901: counter: 1",
                        "Final counter value: 1")),
                Arguments.of("N3_shared_array", "another order", List.of("PID 8: arr[4] = 5", "PID 9: arr[1] = 2",
                        "PID 1000: arr[0] = 1", "PID 5: arr[3] = 4", "PID 4: arr[2] = 3",
                        "Updated array: [1, 2, 3, 4, 5]")),
                Arguments.of("C1_fork_hello", "child first",
                        List.of("Hello from the child process!", "Hello from the parent process!")),
                Arguments.of("P5_lock", "another order", List.of("Message 2", "Message 1", "Message 3")),
                Arguments.of("01_basic_process", "other numbers", List.of("Main function",
                        "Main function process id: 777", "Main process name: MainProcess", "Main thread id: 140",
                        "Worker function", "Worker function process id: 5", "Worker function parent process id: 777",
                        "Worker process name: Process-1", "Worker thread id: 0", "Worker function finished",
                        "Main function finished")),
                Arguments.of("02_multiple_processes", "bar first", List.of("Main function",
                        "Main function process id: 7", "Function bar starts", "Function bar process id: 9",
                        "Function foo starts", "Function foo process id: 8", "Function bar finishes",
                        "Function foo finishes", "Main function finished")),
                Arguments.of("07_shared_value", "down first", rearranged("07_shared_value", List.of(
                        "Decrementer: Decreased shared value to -1", "Decrementer: Decreased shared value to -2",
                        "Decrementer: Decreased shared value to -3", "Incrementer: Increased shared value to -2",
                        "Decrementer: Decreased shared value to -3", "Decrementer: Decreased shared value to -4",
                        "Incrementer: Increased shared value to -3", "Incrementer: Increased shared value to -2",
                        "Incrementer: Increased shared value to -1", "Incrementer: Increased shared value to 0"))),
                Arguments.of("08_shared_array", "down first", rearranged("08_shared_array", Collections.nCopies(5,
                                List.of("Array decremented: [-1, -1, -1]", "Array incremented: [0, 0, 0]")).stream()
                        .flatMap(List::stream).toList())),
                Arguments.of("10_process_lock", "another order", rearranged("10_process_lock", List.of(
                        "Process Process-3 is starting...", "Process Process-3 is finished. Counter: 1",
                        "Process Process-1 is starting...", "Process Process-1 is finished. Counter: 2",
                        "Process Process-4 is starting...", "Process Process-4 is finished. Counter: 3",
                        "Process Process-2 is starting...", "Process Process-2 is finished. Counter: 4"))),
                Arguments.of("13_orphan", "adopted by a subreaper",
                        edited("13_orphan", "after orphaning: 1", "after orphaning: 4242")),
                Arguments.of("14_zombie", "child first", List.of("Parent process (PID: 8) started.",
                        "Child process started.", "Child process finished.",
                        "Parent process (PID: 8) is NOT waiting for the child process to terminate.",
                        "Parent process (PID: 8) sees child process (PID: 9) in state Z.",
                        "Parent process (PID: 8) reaped child process (PID: 9), exit status 42.",
                        "Parent process (PID: 8) finds no child process (PID: 9) any more.",
                        "Parent process (PID: 8) finished.")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource
    void otherGoodOutputs(String name, String what, List<String> lines) {
        assertThat(judge(program(name), lines)).as(what).isEmpty();
    }

    /** Outputs that violate an invariant, though some of them look right once they are normalised. */
    static Stream<Arguments> badOutputs() {
        return Stream.of(
                bad("N1_no_sharing", "end before a child", swapped("N1_no_sharing", 4, 5), "last line"),
                bad("N2_shared_value_racy", "end too early", swapped("N2_shared_value_racy", 4, 5), "last line"),
                bad("N2_shared_value_racy", "one process twice", edited("N2_shared_value_racy", "PID 22", "PID 21"),
                        "different ones"),
                bad("N2_shared_value_racy", "too high a count",
                        edited("N2_shared_value_racy", "counter: 5", "counter: 6"), "counter: "),
                bad("N2_shared_value_racy", "too high a sum", edited("N2_shared_value_racy", "value: 5", "value: 6"),
                        "1 <= the value of /^Final"),
                bad("N2_shared_value_racy", "a sum nobody wrote",
                        edited("N2_shared_value_racy", "counter: 5", "counter: 4"), "is one of"),
                bad("N2_shared_value_fixed", "lost update", edited("N2_shared_value_fixed", "counter: 5", "counter: 4"),
                        "are 1, 2, 3"),
                bad("N2_shared_value_fixed", "one process twice", edited("N2_shared_value_fixed", "PID 22", "PID 21"),
                        "different ones"),
                bad("N3_shared_array", "end too early", swapped("N3_shared_array", 4, 5), "last line"),
                bad("N3_shared_array", "one process twice", edited("N3_shared_array", "PID 22", "PID 21"),
                        "different ones"),
                bad("P2_terminate", "not terminated", with("P2_terminate", 1, "Long task finished."), "no line is"),
                bad("01_basic_process", "a thread instead of a process",
                        edited("01_basic_process", "id: 21", "id: 20"), "differ"),
                bad("01_basic_process", "another parent",
                        edited("01_basic_process", "parent process id: 20", "parent process id: 1"), "are the same"),
                bad("02_multiple_processes", "a child before main", swapped("02_multiple_processes", 1, 2),
                        "the first 2 lines"),
                bad("02_multiple_processes", "end too early", swapped("02_multiple_processes", 7, 8), "last line"),
                bad("02_multiple_processes", "one after the other", List.of("Main function",
                        "Main function process id: 20", "Function bar starts", "Function bar process id: 22",
                        "Function bar finishes", "Function foo starts", "Function foo process id: 21",
                        "Function foo finishes", "Main function finished"), "starts"),
                bad("02_multiple_processes", "the longer ends first", swapped("02_multiple_processes", 6, 7),
                        "every /^Function bar finishes"),
                bad("02_multiple_processes", "no process of its own",
                        edited("02_multiple_processes", "id: 22", "id: 21"), "different ones"),
                bad("07_shared_value", "end too early", swapped("07_shared_value", 9, 10), "last line"),
                bad("07_shared_value", "lost update", edited("07_shared_value", 9, "to 0", "to 1"), "the previous - 1"),
                bad("08_shared_array", "end too early", swapped("08_shared_array", 9, 10), "last line"),
                bad("08_shared_array", "torn row", edited("08_shared_array", 4, "[1, 1, 1]", "[1, 1, 0]"), "are equal"),
                bad("08_shared_array", "lost update", edited("08_shared_array", 4, "[1, 1, 1]", "[0, 0, 0]"),
                        "the previous - 1"),
                bad("10_process_lock", "end too early", swapped("10_process_lock", 7, 8), "last line"),
                bad("10_process_lock", "interleaved sections", swapped("10_process_lock", 1, 2), "follows directly"),
                bad("10_process_lock", "lost update", edited("10_process_lock", "Counter: 4", "Counter: 3"),
                        "are 1, 2, 3"),
                bad("10_process_lock", "one process twice", edited("10_process_lock", "Process-2 is", "Process-1 is"),
                        "in some order"),
                bad("13_orphan", "not adopted", edited("13_orphan", "orphaning: 1", "orphaning: 20"), "orphaning"),
                bad("13_orphan", "no process of its own", edited("13_orphan", "(PID: 21)", "(PID: 20)"),
                        "and /^Child process"),
                bad("13_orphan", "orphan from the start",
                        edited("13_orphan", "Child's parent PID: 20", "Child's parent PID: 1"), "are the same"),
                bad("14_zombie", "child before the parent", List.of("Child process started.",
                        "Parent process (PID: 20) started.",
                        "Parent process (PID: 20) is NOT waiting for the child process to terminate.",
                        "Child process finished.", "Parent process (PID: 20) sees child process (PID: 21) in state Z.",
                        "Parent process (PID: 20) reaped child process (PID: 21), exit status 42.",
                        "Parent process (PID: 20) finds no child process (PID: 21) any more.",
                        "Parent process (PID: 20) finished."), "the first 1 lines"),
                bad("14_zombie", "a zombie that still runs", swapped("14_zombie", 3, 4), "in state Z"),
                bad("14_zombie", "no process of its own", edited("14_zombie", "(PID: 21)", "(PID: 20)"), "differ"));
    }

    /** The same of the programs about locks and their like. */
    static Stream<Arguments> badOutputsOfLocks() {
        return Stream.of(
                bad("03_deadlock", "no deadlock", swapped("03_deadlock", 1, 2), "holds/ is before"),
                bad("03_deadlock", "found too early", swapped("03_deadlock", 3, 4), "waits/ is before"),
                bad("03_deadlock", "taken too early", swapped("03_deadlock", 5, 6), "Deadlock/ is before"),
                bad("03_deadlock", "ended before", swapped("03_deadlock", 6, 8), "got/ is before"),
                bad("05_queue_communication", "put out of order", swapped("05_queue_communication", 0, 2),
                        "put item (\\d+)$/ are 1, 2, 3"),
                bad("05_queue_communication", "an item twice", edited("05_queue_communication",
                        "got item 2", "got item 1"), "got item (\\d+)$/ are 1, 2, 3"),
                bad("05_queue_communication", "an item after the end", swapped("05_queue_communication", 9, 10),
                        "got item/ is before"),
                bad("05_queue_communication", "end too early", swapped("05_queue_communication", 10, 11),
                        "last line"),
                bad("11_process_semaphore", "too many inside",
                        edited("11_process_semaphore", 4, "number 1", "number 3"), "<= 2"),
                bad("11_process_semaphore", "one process twice",
                        edited("11_process_semaphore", "Process 2 leaves", "Process 1 leaves"), "in some order"),
                bad("11_process_semaphore", "end too early", swapped("11_process_semaphore", 14, 15), "last line"),
                bad("12_process_barrier", "the action before all are there", swapped("12_process_barrier", 4, 5),
                        "waiting at/ is before"),
                bad("12_process_barrier", "one passes before the action", swapped("12_process_barrier", 5, 6),
                        "arrived/ is before"),
                bad("12_process_barrier", "end too early", swapped("12_process_barrier", 10, 11), "last line"),
                bad("S2_bounded_buffer", "produced out of order", swapped("S2_bounded_buffer", 0, 2),
                        "Produced (\\d+)$/ are 1, 2, 3"),
                bad("S2_bounded_buffer", "consumed out of order", swapped("S2_bounded_buffer", 1, 3),
                        "Consumed (\\d+)$/ are 1, 2, 3"),
                bad("S2_bounded_buffer", "sum too early", swapped("S2_bounded_buffer", 15, 16), "Consumed/ is before"),
                bad("S2_bounded_buffer", "end too early", swapped("S2_bounded_buffer", 16, 17), "last line"),
                bad("S3_dining_philosophers", "one philosopher twice", edited("S3_dining_philosophers",
                        "Philosopher 2 is full", "Philosopher 1 is full"), "in some order"),
                bad("S3_dining_philosophers", "end too early", swapped("S3_dining_philosophers", 19, 20),
                        "last line"));
    }

    /** The same of the programs about connections. */
    static Stream<Arguments> badOutputsOfPools() {
        String head = "Files: 200, words: 90000, different ones: 3000";
        return Stream.of(
                bad("D1_pool_with", "in the parent", edited("D1_pool_with", "One call: pid 21", "One call: pid 20"),
                        "differ"),
                bad("D1_pool_with", "not waited for", swapped("D1_pool_with", 11, 12), "imap_unordered/ is before"),
                bad("D1_pool_with", "the end too early", swapped("D1_pool_with", 19, 20), "last line"),
                bad("D1_pool_with", "begins late", swapped("D1_pool_with", 0, 1), "the first 1 lines"),
                bad("D2_pool_calls", "imap too late", swapped("D2_pool_calls", 19, 20), "imap: / is before"),
                bad("D2_pool_calls", "map too early", swapped("D2_pool_calls", 29, 30), "imap_unordered: / is before"),
                bad("D2_pool_calls", "the end too early", swapped("D2_pool_calls", 59, 60), "last line"),
                bad("W1_word_count", "no files", List.of(head.replace("200", "0"), "the: 9"), "the first 1 lines"),
                bad("W1_word_count", "a word twice", List.of(head, "the: 9", "the: 9"), "10 different ones"));
    }

    static Stream<Arguments> badOutputsOfConnections() {
        return Stream.of(
                bad("06_pipe_communication", "sent out of order", swapped("06_pipe_communication", 0, 2),
                        "Producer sends (\\d+)$/ are 1, 2, 3"),
                bad("06_pipe_communication", "received out of order", swapped("06_pipe_communication", 1, 3),
                        "Consumer received (\\d+)$/ are 1, 2, 3"),
                bad("06_pipe_communication", "the end too early", swapped("06_pipe_communication", 9, 10),
                        "received/ is before"),
                bad("06_pipe_communication", "not joined", swapped("06_pipe_communication", 10, 11), "last line"),
                bad("sockets", "end too early", swapped("sockets", 3, 4), "last line"),
                bad("bilingual", "ended before", swapped("bilingual", 1, 2), "Python client/ is before"),
                bad("bilingual", "the other way first", swapped("bilingual", 2, 3), "exit/ is before"),
                bad("bilingual", "not waited for", swapped("bilingual", 3, 4), "last line"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource({"badOutputs", "badOutputsOfLocks", "badOutputsOfConnections", "badOutputsOfPools"})
    void badOutputs(String name, String what, List<String> lines, String violated) {
        assertThat(judge(program(name), lines).lines().filter(line -> line.startsWith("violated: "))).as(what)
                .anyMatch(line -> line.contains(violated));
    }

    @Test
    void everyInvariantIsViolatedByOneOfTheBadOutputs() {
        Set<String> never = new TreeSet<>();
        for (Program program : programs()) {
            program.invariants().forEach(invariant -> never.add(program.name() + ": " + invariant.name()));
        }
        Stream<Arguments> all = Stream.of(
                        badOutputs(), badOutputsOfLocks(), badOutputsOfConnections(), badOutputsOfPools())
                .flatMap(some -> some);
        all.map(Arguments::get).forEach(bad -> {
            Program program = program((String) bad[0]);
            @SuppressWarnings("unchecked") // as badOutputs() puts it there
            List<String> lines = (List<String>) bad[2];
            program.invariants().stream().filter(invariant -> invariant.violation(lines).isPresent())
                    .forEach(invariant -> never.remove(program.name() + ": " + invariant.name()));
        });

        assertThat(never).isEmpty();
    }

    /** Outputs that are wrong without violating an invariant. */
    static Stream<Arguments> wrongOutputs() {
        return Stream.of(
                Arguments.of("N1_no_sharing", "shared after all", edited("N1_no_sharing", "value of counter: 0",
                        "value of counter: 5"), "Final value of counter: 5"),
                Arguments.of("P4_value_with_lock", "lost update", List.of("Shared value: 4"), "+ Shared value: 4"),
                Arguments.of("N2_shared_value_fixed", "lost update at the end",
                        edited("N2_shared_value_fixed", "value: 5", "value: 4"), "+ Final counter value: 4"),
                Arguments.of("C2_waitpid", "wrong order", swapped("C2_waitpid", 0, 1), "+ Child process terminating."),
                Arguments.of("P5_lock", "torn lines", List.of("Message 1Message 2", "", "Message 3"),
                        "+ Message 1Message 2"),
                Arguments.of("P2_terminate", "exit code of a JVM", edited("P2_terminate", "-15", "143"),
                        "+ Process terminated with exit code 143."),
                Arguments.of("07_shared_value", "wrong end", edited("07_shared_value", "Final shared value: 0",
                        "Final shared value: 1"), "+ Final shared value: 1"),
                Arguments.of("02_multiple_processes", "wrong order within a process",
                        swapped("02_multiple_processes", 2, 4), "Function foo process id: <P"),
                Arguments.of("14_zombie", "reaped too early", edited("14_zombie", "state Z", "state gone"),
                        "in state gone"),
                Arguments.of("14_zombie", "wrong status", edited("14_zombie", "status 42", "status 0"), "status 0"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource
    void wrongOutputs(String name, String what, List<String> lines, String shown) {
        assertThat(judge(program(name), lines)).as(what).contains(shown);
    }

    @Test
    void findsProgramsByNameAndByWhatStandsBeforeTheUnderscore() {
        assertThat(Catalog.find("13_ORPHAN")).extracting(Program::name).containsExactly("13_orphan");
        assertThat(Catalog.find("13")).extracting(Program::name).containsExactly("13_orphan");
        assertThat(Catalog.find("n2")).extracting(Program::name)
                .containsExactly("N2_shared_value_racy", "N2_shared_value_fixed");
        assertThat(Catalog.find("1")).isEmpty();
        assertThat(Catalog.find("orphan")).isEmpty();
    }

    @Test
    void namesAreUniqueAndDescribed() {
        assertThat(programs()).extracting(Program::name).doesNotHaveDuplicates();
        assertThat(programs()).extracting(Program::description).allSatisfy(text ->
                assertThat(text).isNotBlank().doesNotContain("\n").hasSizeLessThan(90));
    }

    private static Arguments bad(String program, String what, List<String> lines, String violated) {
        return Arguments.of(program, what, lines, violated);
    }

    private static List<String> edited(String name, String from, String to) {
        assertThat(program(name).sample()).anyMatch(line -> line.contains(from));
        return program(name).sample().stream().map(line -> line.replace(from, to)).toList();
    }

    private static List<String> edited(String name, int index, String from, String to) {
        List<String> lines = new ArrayList<>(program(name).sample());
        assertThat(lines.get(index)).contains(from);
        lines.set(index, lines.get(index).replace(from, to));
        return lines;
    }

    private static List<String> swapped(String name, int first, int second) {
        List<String> lines = new ArrayList<>(program(name).sample());
        Collections.swap(lines, first, second);
        return lines;
    }

    private static List<String> with(String name, int index, String line) {
        List<String> lines = new ArrayList<>(program(name).sample());
        lines.add(index, line);
        return lines;
    }

    /** Other lines, and the sample's last one behind them. */
    private static List<String> rearranged(String name, List<String> lines) {
        List<String> sample = program(name).sample();
        List<String> all = new ArrayList<>(lines);
        all.add(sample.get(sample.size() - 1));
        return all;
    }
}
