package org.multiprocessing4j.cli.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A CPython to compare with.
 *
 * @param executable  its file, with symbolic links resolved
 * @param version     as in 3.11.2
 * @param nanoseconds what a locked increment of a Value took it when it was looked at
 */
public record CPython(Path executable, String version, double nanoseconds) {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final String PATTERN = "python3{,.[0-9],.[0-9][0-9]}";
    private static final int PASSES = 2;

    /**
     * Which interpreter a run uses and how it was found.
     *
     * @param chosen   the fastest; nothing if there is none
     * @param measured how many there were to choose from
     * @param rejected why other candidates could not be used
     */
    public record Choice(Optional<CPython> chosen, int measured, Collection<String> rejected) {

        /** Describes the choice, a line of text. */
        public String describe() {
            String unusable = rejected.isEmpty() ? "" : "; not usable: " + String.join(", ", rejected);
            return chosen.map(python -> python + reason()).orElse("no CPython was found") + unusable;
        }

        private String reason() {
            return measured == 1 ? "" : ", the fastest of " + measured + " found, by a locked increment";
        }
    }

    /** Returns version, file and speed, for the user to read. */
    @Override
    public String toString() {
        return "CPython " + version + " (" + executable + ", " + Math.round(nanoseconds) + " ns)";
    }

    /**
     * Returns the interpreters that a machine usually has: python3 and python3.N in /usr/bin and on the PATH, and
     * pyenv's. Not pyenv's shims: they stand for one of its versions, or for none.
     */
    public static Set<Path> candidates(Map<String, String> environment) throws IOException {
        String home = environment.getOrDefault("HOME", "/");
        Path pyenv = Path.of(environment.getOrDefault("PYENV_ROOT", home + "/.pyenv"));
        Set<Path> candidates = new LinkedHashSet<>(matches(Path.of("/usr/bin"), PATTERN));
        for (String entry : environment.getOrDefault("PATH", "").split(File.pathSeparator)) {
            Path directory = Path.of(entry);
            if (!directory.equals(pyenv.resolve("shims"))) {
                candidates.addAll(matches(directory, PATTERN));
            }
        }
        for (Path version : matches(pyenv.resolve("versions"), "*")) {
            candidates.addAll(matches(version.resolve("bin"), "python3"));
        }
        return candidates;
    }

    /**
     * Measures all candidates, twice in turn, and chooses the fastest. Blocks for about a second for every four.
     *
     * @param probe the program that an interpreter runs to be measured
     */
    public static Choice fastest(Collection<Path> candidates, Path probe) throws InterruptedException {
        Map<Path, CPython> measured = new LinkedHashMap<>();
        Map<Path, String> rejected = new LinkedHashMap<>();
        for (int pass = 0; pass < PASSES; pass++) {
            for (Path candidate : candidates) {
                if (rejected.containsKey(candidate)) {
                    continue;
                }
                try {
                    CPython python = measure(candidate, probe);
                    measured.merge(python.executable, python, CPython::faster);
                } catch (BenchException e) {
                    rejected.put(candidate, e.getMessage());
                }
            }
        }
        return new Choice(measured.values().stream().min(Comparator.comparing(CPython::nanoseconds)),
                measured.size(), rejected.values());
    }

    /**
     * Measures one interpreter.
     *
     * @throws BenchException if it is no CPython, or none that can run the benchmarks
     */
    public static CPython measure(Path executable, Path probe) throws BenchException, InterruptedException {
        try {
            String[] fields = output(List.of(executable.toString(), "-B", probe.toString())).split("\t");
            if (fields.length == 4 && fields[0].equals("CPython")) {
                return new CPython(Path.of(fields[3]), fields[1], Double.parseDouble(fields[2]));
            }
            throw new BenchException(executable + " is no CPython but " + String.join(" ", fields));
        } catch (IOException e) {
            throw new BenchException(executable + ": " + e.getMessage(), e);
        }
    }

    private CPython faster(CPython other) {
        return nanoseconds <= other.nanoseconds ? this : other;
    }

    /** Returns what a command prints. */
    private static String output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.outputWriter().close();
        if (!process.waitFor(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly().waitFor();
            throw new IOException("no answer within " + DEADLINE.toSeconds() + " s");
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.exitValue() != 0) {
            throw new IOException(output.substring(output.lastIndexOf('\n') + 1));
        }
        return output;
    }

    private static List<Path> matches(Path directory, String pattern) throws IOException {
        List<Path> matches = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, pattern)) {
                entries.forEach(matches::add);
            }
        }
        matches.sort(Comparator.naturalOrder());
        return matches;
    }
}
