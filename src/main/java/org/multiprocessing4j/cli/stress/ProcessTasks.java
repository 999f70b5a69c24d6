package org.multiprocessing4j.cli.stress;

import static org.multiprocessing4j.cli.stress.Task.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.posix.Posix;

/** Tasks for children that have children. */
final class ProcessTasks {
    private static final int CODE = 7;

    private ProcessTasks() {}

    /** Runs a program, whose end the JDK's own reaper must notice. */
    static void program(Random random) throws IOException, InterruptedException {
        java.lang.Process echo = new ProcessBuilder("echo", "hello").start();
        String said = new String(echo.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        check(said.equals("hello\n") && echo.waitFor() == 0, "echo says " + said);
    }

    static void nestedFork(Random random) {
        int pid = Posix.fork();
        if (pid == 0) {
            Children.endWith(() -> MemoryTasks.fullCollection(random), CODE, false);
        }
        int code = Posix.waitpid(pid).exitcode();
        check(code == CODE, "the grandchild ended with " + code);
    }

    /** A process of a process, by any of the start methods that fork. */
    static void nestedProcess(Random random) {
        List<String> methods = Multiprocessing.getAllStartMethods().stream()
                .filter(method -> !method.equals("spawn"))
                .toList();
        if (methods.isEmpty()) {
            nestedFork(random);
            return;
        }
        String method = methods.get(random.nextInt(methods.size()));
        Process process = Multiprocessing.getContext(method).builder()
                .target(ProcessTasks::grandchild, random.nextInt())
                .build();
        try (process) {
            process.start();
            process.join();
            check(process.exitcode() == CODE, "the grandchild ended with " + process.exitcode());
        }
    }

    private static void grandchild(int seed) {
        MemoryTasks.garbage(new Random(seed));
        System.exit(CODE);
    }
}
