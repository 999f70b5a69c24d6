package org.multiprocessing4j.cli.crosscheck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The account of a program that does not end: its processes, and for those that are JVMs their threads. */
final class HangReport {
    private static final Duration DUMP_LIMIT = Duration.ofSeconds(10);
    private static final int DUMP_ATTACH_MILLIS = 3000;
    private static final String NO_ANSWER = "no answer: too busy, or forked from a JVM and without its service threads";

    /** The JVM's own threads, which say nothing of the program. */
    private static final Pattern SERVICE_THREAD = Pattern.compile("\"(?:Reference Handler|Finalizer|Signal Dispatcher"
            + "|Service Thread|Monitor Deflation Thread|Notification Thread|Common-Cleaner|Attach Listener"
            + "|C[12] CompilerThread\\d+)\" .*", Pattern.DOTALL);

    private HangReport() {
    }

    /** Describes the processes of a run that has reached its time limit, and does nothing to them. */
    static String of(RunScope scope, Duration limit, Path scratch) throws IOException, InterruptedException {
        List<ProcessInfo> members = scope.members();
        StringBuilder report = new StringBuilder("no end within " + limit.toMillis() / 1000.0 + " s; its processes:\n");
        report.append(RunScope.describe(members).indent(2));
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        for (ProcessInfo process : members) {
            if (process.isJvm() && Files.isExecutable(jcmd)) {
                report.append("threads of ").append(process.pid()).append(":\n");
                report.append(threads(jcmd, process.pid(), scratch).orElse(NO_ANSWER).indent(2));
            }
        }
        return report.toString().stripTrailing();
    }

    /** A forked JVM has no thread left that could answer: then, or if it is too busy, there is no dump. */
    private static Optional<String> threads(Path jcmd, long pid, Path scratch)
            throws IOException, InterruptedException {
        Path dump = scratch.resolve("threads-" + pid);
        Process process = new ProcessBuilder(jcmd.toString(),
                "-J-Dsun.tools.attach.attachTimeout=" + DUMP_ATTACH_MILLIS, Long.toString(pid), "Thread.print")
                .redirectOutput(dump.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(DUMP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly().waitFor();
            return Optional.empty();
        }
        return process.exitValue() == 0 ? Optional.of(threadsOfProgram(Files.readString(dump))) : Optional.empty();
    }

    /** The Java threads in a dump that are not the JVM's own, and the deadlocks among them that it tells of. */
    static String threadsOfProgram(String dump) {
        int deadlock = dump.indexOf("\nFound ");
        String threads = deadlock < 0 ? dump : dump.substring(0, deadlock);
        String told = deadlock < 0 ? "" : dump.substring(deadlock).stripTrailing();
        return Arrays.stream(threads.split("\n\n"))
                .map(String::stripTrailing)
                .filter(part -> part.startsWith("\"") && part.contains("java.lang.Thread.State:"))
                .filter(part -> !SERVICE_THREAD.matcher(part).matches())
                .collect(Collectors.joining("\n")) + told;
    }
}
