package org.multiprocessing4j.cli.processes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the threads of a process do: as its JVM tells, and as the kernel tells if the JVM does not answer. */
public final class ThreadDump {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int ATTACH_MILLIS = 3000;
    private static final Pattern STATUS = Pattern.compile("(State|SigPnd|SigBlk|ShdPnd):.*");

    /** The JVM's own threads, which say nothing of the program. */
    private static final Pattern SERVICE_THREAD = Pattern.compile("\"(?:Reference Handler|Finalizer|Signal Dispatcher"
            + "|Service Thread|Monitor Deflation Thread|Notification Thread|Common-Cleaner|Attach Listener"
            + "|C[12] CompilerThread\\d+)\" .*", Pattern.DOTALL);

    private ThreadDump() {
    }

    /**
     * Asks a JVM for the stacks of its threads, by jcmd. Blocks for ten seconds at most.
     *
     * @param javaHome the JDK whose jcmd asks
     * @param scratch where a file may be written; it is left there
     * @param options of its command Thread.print
     * @return the dump, or nothing if there is no answer
     */
    public static Optional<String> ofJvm(Path javaHome, long pid, Path scratch, String... options)
            throws IOException, InterruptedException {
        Path jcmd = javaHome.resolve("bin/jcmd");
        if (!Files.isExecutable(jcmd)) {
            return Optional.empty();
        }
        Path door = Path.of("/tmp/.java_pid" + pid);
        boolean isOpen = Files.exists(door);
        try {
            return ask(jcmd, pid, scratch.resolve("threads-" + pid), options);
        } finally {
            if (!isOpen) {
                Files.deleteIfExists(door); // a JVM that is killed later would leave it there
            }
        }
    }

    private static Optional<String> ask(Path jcmd, long pid, Path dump, String... options)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(jcmd.toString(),
                "-J-Dsun.tools.attach.attachTimeout=" + ATTACH_MILLIS, Long.toString(pid), "Thread.print"));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command)
                .redirectOutput(dump.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly().waitFor();
            return Optional.empty();
        }
        return process.exitValue() == 0 ? Optional.of(Files.readString(dump)) : Optional.empty();
    }

    /** The Java threads in a dump that are not the JVM's own, and the deadlocks among them that it tells of. */
    public static String threadsOfProgram(String dump) {
        int deadlock = dump.indexOf("\nFound ");
        String threads = deadlock < 0 ? dump : dump.substring(0, deadlock);
        String told = deadlock < 0 ? "" : dump.substring(deadlock).stripTrailing();
        return Arrays.stream(threads.split("\n\n"))
                .map(String::stripTrailing)
                .filter(part -> part.startsWith("\"") && part.contains("java.lang.Thread.State:"))
                .filter(part -> !SERVICE_THREAD.matcher(part).matches())
                .collect(Collectors.joining("\n")) + told;
    }

    /**
     * What the kernel tells of each thread of a process: id, name, state and signals, the function that it sleeps in,
     * the system call, and its stack in the kernel where the caller may see that.
     */
    public static String ofKernel(long pid) {
        List<String> threads = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path task : tasks) {
                threads.add(describe(task));
            }
        } catch (IOException | DirectoryIteratorException e) {
            threads.add("gone: " + e.getMessage());
        }
        return String.join("\n", threads);
    }

    private static String describe(Path task) {
        String status = read(task, "status").lines().filter(line -> STATUS.matcher(line).matches())
                .map(line -> line.replaceAll("\\s+", " ")).collect(Collectors.joining(", "));
        String head = task.getFileName() + " \"" + read(task, "comm") + "\" " + status
                + ", waits in " + read(task, "wchan") + ", system call " + read(task, "syscall");
        String stack = read(task, "stack");
        return stack.isEmpty() ? head : head + "\n" + stack.indent(4).stripTrailing();
    }

    /** Empty if the thread has ended, or if the caller may not read it. */
    private static String read(Path task, String file) {
        try {
            return Files.readString(task.resolve(file), StandardCharsets.ISO_8859_1).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
