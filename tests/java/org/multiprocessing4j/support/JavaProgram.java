package org.multiprocessing4j.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A small main program in a JVM of its own: for what can be seen from outside alone, as exit codes and what is written
 * to stderr. It and all that descend from it are a session of their own; {@link #close()} fails if one of them is left.
 */
public final class JavaProgram implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Process process;
    private final Path out;
    private final Path err;

    private JavaProgram(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** What a program is run with. */
    public static final class Builder {
        private static final int FIRST_THAT_WARNS = 22;

        private final Class<?> main;
        private final List<String> arguments;
        private final List<String> flags =
                new ArrayList<>(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
        private final ProcessBuilder builder = new ProcessBuilder();
        private String prelude = "";
        private String input = "";
        private String classPath = System.getProperty("java.class.path");

        private Builder(Class<?> main, String... arguments) {
            this.main = main;
            this.arguments = List.of(arguments);
            if (Runtime.version().feature() >= FIRST_THAT_WARNS) {
                flags.add("--enable-native-access=ALL-UNNAMED"); // else the JVM writes a warning among what is compared
            }
        }

        /** Adds options of the JVM. */
        public Builder flags(String... more) {
            flags.addAll(List.of(more));
            return this;
        }

        /** Sets a variable of the environment. */
        public Builder environment(String name, String value) {
            builder.environment().put(name, value);
            return this;
        }

        /** The shell's commands to run before: limits. */
        public Builder after(String commands) {
            prelude = commands + " && ";
            return this;
        }

        /** What the program finds on its standard input; nothing by default. */
        public Builder input(String text) {
            input = text;
            return this;
        }

        /** Its class path, by default that of the tests. */
        public Builder classPath(String path) {
            classPath = path;
            return this;
        }

        /** Starts the program. */
        public JavaProgram start() {
            String script = prelude + "exec \"$@\"";
            List<String> command = new ArrayList<>(List.of("setsid", "bash", "-c", script, "bash", java().toString()));
            command.addAll(flags);
            command.addAll(List.of("-cp", classPath, main.getName()));
            command.addAll(arguments);
            try {
                Path out = Files.createTempFile("program-", ".out");
                Path err = Files.createTempFile("program-", ".err");
                Process process = builder.command(command)
                        .redirectOutput(Redirect.to(out.toFile()))
                        .redirectError(Redirect.to(err.toFile()))
                        .start();
                try (var stdin = process.outputWriter()) {
                    stdin.write(input);
                }
                return new JavaProgram(process, out, err);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Runs the program to its end, and that of all that descend from it. */
        public Outcome run() {
            try (JavaProgram program = start()) {
                return program.finish();
            }
        }
    }

    /**
     * How a program ended.
     *
     * @param code its exit code; 128 and the signal's number if a signal ended it
     */
    public record Outcome(int code, String out, String err) {}

    /** A program, whose main class must have nothing to do with JUnit. */
    public static Builder of(Class<?> main, String... arguments) {
        return new Builder(main, arguments);
    }

    private static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /** The program's id. */
    public int pid() {
        return Math.toIntExact(process.pid());
    }

    /** What was written to stdout so far, by the program and its children. */
    public String out() {
        return read(out);
    }

    /** What was written to stderr so far. */
    public String err() {
        return read(err);
    }

    /** Waits until a line that matches {@code regex} is there, and returns it. */
    public String awaitLine(String regex) {
        try {
            Awaitility.await().pollInterval(Duration.ofMillis(10)).atMost(PATIENCE)
                    .until(() -> out().lines().anyMatch(line -> line.matches(regex)));
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("no line " + regex + " in:\n" + out() + "stderr:\n" + err(), e);
        }
        return out().lines().filter(line -> line.matches(regex)).findFirst().orElseThrow();
    }

    /** Waits for the program's end alone. */
    public int waitFor() {
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("no end within " + PATIENCE + ":\n" + ProcFs.tree(pid()) + out() + err());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Waits for the program's end, and that of all that descend from it. */
    public Outcome finish() {
        int code = waitFor();
        awaitEndOfSession();
        return new Outcome(code, out(), err());
    }

    private void awaitEndOfSession() {
        try {
            Awaitility.await().pollInterval(Duration.ofMillis(10)).atMost(PATIENCE).until(() -> session().isEmpty());
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("still running: " + session() + "\n" + out() + err(), e);
        }
    }

    /** The processes that run of the program's session. */
    public List<ProcFs.Entry> session() {
        return ProcFs.all().stream()
                .filter(entry -> entry.session() == pid() && entry.state() != 'Z')
                .toList();
    }

    @Override
    public void close() {
        List<ProcFs.Entry> left = session();
        left.forEach(entry -> ProcessHandle.of(entry.pid()).ifPresent(ProcessHandle::destroyForcibly));
        waitFor();
        String written = out() + err();
        delete(out);
        delete(err);
        if (!left.isEmpty()) {
            throw new AssertionError("left behind: " + left + "\n" + written);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
