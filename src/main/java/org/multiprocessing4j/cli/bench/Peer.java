package org.multiprocessing4j.cli.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A process that measures figures, driven over its stdin and stdout, one line each way: {@code list} is answered with
 * the names of its figures, {@code run FIGURE ITERATIONS} with {@code FIGURE NANOSECONDS-PER-OPERATION}; end of file
 * ends it. A peer that dies, hangs or answers something else is reported by a {@link BenchException} and is of no
 * use afterwards. Used by one thread.
 */
final class Peer implements AutoCloseable {
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final int COMPLAINTS = 20;
    private static final String MARK = "MP4J_BENCH_PEER";
    private static final Optional<String> END = Optional.empty();

    private final Role role;
    private final Duration deadline;
    private final String mark;
    private final Process process;
    private final Writer requests;
    private final BlockingQueue<Optional<String>> answers = new LinkedBlockingQueue<>();
    private final Deque<String> complaints = new ArrayDeque<>();
    private final Thread complaintsReader;
    private final Set<String> figures;
    private boolean usable = true;

    /**
     * Starts a peer and asks it for its figures.
     *
     * @param deadline how long it may take for any answer
     */
    Peer(Role role, List<String> command, Duration deadline) throws BenchException, InterruptedException {
        this.role = role;
        this.deadline = deadline;
        this.mark = MARK + "=" + UUID.randomUUID();
        this.process = start(command);
        this.requests = process.outputWriter(StandardCharsets.UTF_8);
        read(process.getInputStream(), line -> answers.add(Optional.of(line)));
        this.complaintsReader = read(process.getErrorStream(), this::complain);
        process.onExit().thenRun(() -> answers.add(END));
        this.figures = askForFigures();
    }

    /** Returns whether this peer can measure a figure. */
    boolean offers(Figure figure) {
        return figures.contains(figure.name());
    }

    Role role() {
        return role;
    }

    /** Has the peer perform a figure's operation and returns its answer: nanoseconds, or bytes, per operation. */
    double run(Figure figure, long iterations) throws BenchException, InterruptedException {
        String answer = ask("run " + figure.name() + " " + iterations, figure.name());
        String prefix = figure.name() + " ";
        try {
            if (answer.startsWith(prefix)) {
                return Double.parseDouble(answer.substring(prefix.length()));
            }
        } catch (NumberFormatException e) {
            throw failure("answered '" + answer + "'", figure.name(), e);
        }
        throw failure("answered '" + answer + "'", figure.name(), null);
    }

    /**
     * Ends the peer, by end of file if it is well and else by SIGKILL, and with it every process that it left behind.
     * Blocks until they are gone.
     */
    @Override
    public void close() {
        try {
            endByEndOfFile();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            killAll();
        }
    }

    private Process start(List<String> command) throws BenchException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put(MARK, mark.substring(MARK.length() + 1));
        try {
            return builder.start();
        } catch (IOException e) {
            throw new BenchException("the " + role + " peer does not start: " + e.getMessage(), e);
        }
    }

    private Set<String> askForFigures() throws BenchException, InterruptedException {
        try {
            return Set.copyOf(List.of(ask("list", "the list of figures").strip().split(" +")));
        } catch (BenchException | InterruptedException e) {
            usable = false;
            close();
            throw e;
        }
    }

    private String ask(String request, String subject) throws BenchException, InterruptedException {
        try {
            requests.write(request + "\n");
            requests.flush();
        } catch (IOException e) {
            throw death(subject);
        }
        Optional<String> answer = answers.poll(deadline.toMillis(), TimeUnit.MILLISECONDS);
        if (answer == null) {
            throw failure("gave no answer within " + deadline.toMillis() + " ms", subject, null);
        }
        if (answer.isEmpty()) {
            throw death(subject);
        }
        return answer.get();
    }

    private BenchException death(String subject) throws InterruptedException {
        process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
        complaintsReader.join(GRACE.toMillis());
        String code = process.isAlive() ? "stopped reading" : "died (exit code " + process.exitValue() + ")";
        return failure(code, subject, null);
    }

    private BenchException failure(String what, String subject, Throwable cause) {
        usable = false;
        String message = "the " + role + " peer " + what + " (" + subject + ")";
        synchronized (complaints) {
            String stderr = complaints.isEmpty() ? "" : ":\n" + String.join("\n", complaints);
            return new BenchException(message + stderr, cause);
        }
    }

    private void complain(String line) {
        synchronized (complaints) {
            if (complaints.size() == COMPLAINTS) {
                complaints.removeFirst();
            }
            complaints.addLast(line);
        }
    }

    private static Thread read(InputStream stream, Consumer<String> consumer) {
        Thread thread = new Thread(() -> {
            try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                reader.lines().forEach(consumer);
            } catch (IOException | UncheckedIOException e) {
                consumer.accept("(reading this stream failed: " + e.getMessage() + ")");
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void endByEndOfFile() throws InterruptedException {
        if (!usable) {
            return;
        }
        try {
            requests.close();
            process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (IOException e) {
            usable = false; // it is dead or deaf: only killing is left
        }
    }

    /** The peer and whatever it started are known by a mark in their environment, which outlives reparenting. */
    private void killAll() {
        process.destroyForcibly().onExit().join();
        long begin = System.nanoTime();
        List<ProcessHandle> left = marked();
        while (!left.isEmpty() && System.nanoTime() - begin < GRACE.toNanos()) {
            left.forEach(ProcessHandle::destroyForcibly);
            left = marked();
        }
    }

    private List<ProcessHandle> marked() {
        return ProcessHandle.allProcesses().filter(this::isMarked).toList();
    }

    private boolean isMarked(ProcessHandle handle) {
        Path environment = Path.of("/proc", String.valueOf(handle.pid()), "environ");
        try {
            return Files.readString(environment, StandardCharsets.ISO_8859_1).contains(mark);
        } catch (IOException e) {
            return false; // another user's, or it has ended: a zombie's environment cannot be read
        }
    }
}
