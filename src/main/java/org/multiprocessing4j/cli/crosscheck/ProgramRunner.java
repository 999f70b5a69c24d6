package org.multiprocessing4j.cli.crosscheck;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.multiprocessing4j.cli.processes.ProcessInfo;
import org.multiprocessing4j.cli.processes.RunScope;

/**
 * Runs a program to the end of all its processes, or kills them all.
 *
 * <p>The program leads a session of its own and carries a mark in its environment, so that orphans are found too. Its
 * standard input is empty. Neither processes nor files outlive {@link #run}, nor this JVM's end by a signal. One
 * program runs at a time: a runner belongs to one thread.
 */
public final class ProgramRunner implements AutoCloseable {
    /** How long processes that hold no output stream may live on after the program's end. */
    static final Duration GRACE = Duration.ofSeconds(2);

    private static final Path SETSID = Path.of("/usr/bin/setsid");

    private final Thread atExit = new Thread(this::abandon, "end of the program that is cross-checked");
    private final Object state = new Object();
    private RunScope current;
    private Path scratch;
    private volatile boolean abandoned;

    /** Makes a runner, which kills its program if this JVM ends meanwhile. */
    public ProgramRunner() {
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Runs a command and waits for its end, at most for a time.
     *
     * @param command the program and its arguments
     * @param directory where to run it; null for an empty directory that is removed afterwards
     * @param limit the longest time it may take; after that its processes are described and killed
     * @return what came of it
     * @throws IOException if it cannot be started or its processes cannot be killed
     * @throws InterruptedException if the thread is interrupted; the program has been killed then
     */
    public RunResult run(List<String> command, Path directory, Duration limit)
            throws IOException, InterruptedException {
        Path work = makeScratch();
        try {
            Path out = work.resolve("stdout");
            Path err = work.resolve("stderr");
            OutputPipe.makeFifos(out, err);
            String id = UUID.randomUUID().toString();
            RunScope scope = new RunScope(id, List.of(out, err));
            Path place = directory != null ? directory : Files.createDirectory(work.resolve("cwd"));
            try (OutputPipe stdout = new OutputPipe(out); OutputPipe stderr = new OutputPipe(err)) {
                return run(builder(command, place, id, stdout, stderr), scope, stdout, stderr, limit);
            }
        } finally {
            deleteScratch();
        }
    }

    private static ProcessBuilder builder(List<String> command, Path directory, String id, OutputPipe out,
            OutputPipe err) {
        List<String> line = new ArrayList<>();
        if (Files.isExecutable(SETSID)) {
            line.add(SETSID.toString());
        }
        line.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(line).directory(directory.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(out.sink())
                .redirectError(err.sink());
        prepare(builder.environment(), id);
        return builder;
    }

    /** Turns this process's environment into that of a run. */
    static void prepare(Map<String, String> environment, String id) {
        environment.put(RunScope.MARK, id);
        // With it Python's print() writes a text and its line end apart, and processes share lines.
        environment.remove("PYTHONUNBUFFERED");
        environment.put("PYTHONDONTWRITEBYTECODE", "1");
    }

    private RunResult run(ProcessBuilder builder, RunScope scope, OutputPipe out, OutputPipe err, Duration limit)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process = start(builder, scope);
        boolean gone = false;
        try {
            out.handedOver();
            err.handedOver();
            boolean ended = awaitEnd(process, out, err, start + limit.toNanos());
            Duration time = Duration.ofNanos(System.nanoTime() - start);
            String trouble = ended ? leftovers(scope) : HangReport.of(scope, limit, scratch);
            if (!trouble.isEmpty()) {
                scope.killAll();
            }
            gone = true;
            // Whatever was still in the streams of killed processes arrives now.
            out.awaitEnd(GRACE);
            err.awaitEnd(GRACE);
            OptionalInt code = ended ? OptionalInt.of(process.exitValue()) : OptionalInt.empty();
            return new RunResult(out.text(), err.text(), code, time, trouble);
        } finally {
            if (!gone) {
                scope.killAll();
            }
            finished();
        }
    }

    private Path makeScratch() throws IOException {
        synchronized (state) {
            haltIfAbandoned();
            scratch = Files.createTempDirectory("mp4j-crosscheck-");
            return scratch;
        }
    }

    private Process start(ProcessBuilder builder, RunScope scope) throws IOException {
        synchronized (state) {
            haltIfAbandoned();
            Process process = builder.start();
            scope.leader(process.pid());
            current = scope;
            return process;
        }
    }

    private void finished() {
        synchronized (state) {
            haltIfAbandoned();
            current = null;
        }
    }

    private void deleteScratch() throws IOException {
        synchronized (state) {
            haltIfAbandoned();
            delete(scratch);
            scratch = null;
        }
    }

    /** While this JVM ends, the outcome of a program that was killed for it is nobody's business: says no more. */
    private void haltIfAbandoned() {
        while (abandoned) {
            LockSupport.park();
        }
    }

    private static boolean awaitEnd(Process process, OutputPipe out, OutputPipe err, long deadline)
            throws InterruptedException {
        return process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)
                && out.awaitEnd(Duration.ofNanos(deadline - System.nanoTime()))
                && err.awaitEnd(Duration.ofNanos(deadline - System.nanoTime()));
    }

    private static String leftovers(RunScope scope) throws IOException {
        List<ProcessInfo> left = scope.awaitGone(GRACE);
        return left.isEmpty() ? ""
                : "left these processes behind:\n" + RunScope.describe(left).indent(2).stripTrailing();
    }

    private void abandon() {
        synchronized (state) {
            abandoned = true;
            try {
                if (current != null) {
                    current.killAll();
                }
                if (scratch != null) {
                    delete(scratch);
                }
            } catch (IOException e) {
                System.err.println("mp4j crosscheck: " + e.getMessage());
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException failure) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Lets this JVM end without regard to this runner, which has no program running. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            haltIfAbandoned(); // this JVM ends already
        }
    }
}
