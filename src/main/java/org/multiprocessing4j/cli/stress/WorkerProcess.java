package org.multiprocessing4j.cli.stress;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.cli.processes.ProcessInfo;
import org.multiprocessing4j.cli.processes.RunScope;
import org.multiprocessing4j.cli.processes.ThreadDump;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * A running worker with all its processes, which are a session of their own and bear a mark. Closing it kills what is
 * left of them, and so does the end of this JVM. Used by one thread.
 */
final class WorkerProcess implements AutoCloseable {
    /** What {@link #line} answers when there will be no more. */
    static final String END = "\0";

    private static final long LAST_WORDS_MILLIS = 1000;
    private static final Duration DUMP = Duration.ofSeconds(1);

    private final RunScope scope;
    private final Path scratch;
    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Thread atExit = new Thread(this::killAtExit, "end of the worker");

    WorkerProcess(List<String> command, Path scratch) throws IOException {
        String id = UUID.randomUUID().toString();
        this.scope = new RunScope(id, List.of());
        this.scratch = scratch;
        List<String> session = new ArrayList<>(List.of("setsid"));
        session.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(session).redirectErrorStream(true);
        builder.environment().put(RunScope.MARK, id);
        Runtime.getRuntime().addShutdownHook(atExit);
        this.process = builder.start();
        scope.leader(process.pid());
        process.outputWriter().close();
        Thread reader = new Thread(this::read, "output of the worker");
        reader.setDaemon(true);
        reader.start();
        Thread watcher = new Thread(() -> awaitEnd(reader), "end of the worker's output");
        watcher.setDaemon(true);
        watcher.start();
    }

    /** What the worker has written comes before the end; but children that it left behind may hold the stream. */
    private void awaitEnd(Thread reader) {
        try {
            process.waitFor();
            reader.join(LAST_WORDS_MILLIS);
            lines.add(END);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try (var reader = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            reader.lines().forEach(lines::add);
        } catch (IOException | UncheckedIOException e) {
            lines.add("(reading its output failed: " + e.getMessage() + ")");
        }
    }

    /** The next line of its output, {@link #END} after its death, null if none comes in time. */
    String line(Duration timeout) throws InterruptedException {
        return lines.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    int exitCode() throws InterruptedException {
        return process.waitFor();
    }

    boolean awaitExit(Duration timeout) throws InterruptedException {
        return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Waits until no process of it lives; answers with those that still do. */
    List<ProcessInfo> awaitGone(Duration timeout) throws IOException {
        return scope.awaitGone(timeout);
    }

    /**
     * Describes its processes as a tree, and the threads of each JVM among them: by jcmd; if that gets no answer by
     * SIGQUIT; and if that does not help by what the kernel knows.
     */
    String describe(Jdk jdk) throws IOException, InterruptedException {
        List<ProcessInfo> members = scope.members();
        StringBuilder report = new StringBuilder("processes:\n").append(RunScope.describe(members).indent(2));
        for (ProcessInfo member : members) {
            if (member.isJvm()) {
                Optional<String> dump = ThreadDump.ofJvm(jdk.home(), member.pid(), scratch, "-l");
                report.append("threads of ").append(member.pid()).append(":\n")
                        .append(dump.orElseGet(() -> bySignal(member.pid())).indent(2));
            }
        }
        return report.toString();
    }

    private String bySignal(long pid) {
        StringBuilder report = new StringBuilder("jcmd gets no answer; after SIGQUIT:\n");
        try {
            Posix.kill(Math.toIntExact(pid), Posix.SIGQUIT);
            for (String line = line(DUMP); line != null && !line.equals(END); line = line(DUMP)) {
                report.append(line).append('\n');
            }
        } catch (OSException e) {
            report.append(e.getMessage()).append('\n');
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return report.append("the kernel's view:\n").append(ThreadDump.ofKernel(pid)).toString();
    }

    private void killAtExit() {
        try {
            scope.killAll();
        } catch (IOException e) {
            System.err.println("mp4j stress: " + e.getMessage());
        }
    }

    /** Kills whatever is left. */
    @Override
    public void close() throws IOException {
        scope.killAll();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            Thread.currentThread().interrupt(); // this JVM ends: nothing more is to be begun
        }
    }
}
