package org.multiprocessing4j.cli.crosscheck;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Knows where the example programs of each language lie and how they are started. */
public final class Launcher {
    /** The system property that names the directory which holds the sources and the built programs. */
    public static final String HOME_PROPERTY = "mp4j.home";

    /** The system property that sets a Java program's default start method. */
    static final String START_METHOD_PROPERTY = "org.multiprocessing4j.startmethod";

    private static final int JDK_WITH_NATIVE_ACCESS_FLAG = 22;
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(30);
    private static final int[] OLDEST_PYTHON = {3, 8};
    // Some builds of Python lack the module under multiprocessing that makes semaphores.
    private static final String PROBE =
            "import sys, multiprocessing.synchronize; print('%d.%d' % sys.version_info[:2])";

    private final Path home;
    private final String python;
    private final Optional<String> startMethod;
    private Optional<String> pythonHindrance;

    /**
     * Makes a launcher.
     *
     * @param home the directory that holds {@code src/examples} and {@code target}
     * @param python the Python interpreter: a path, or a name that is looked for on PATH
     * @param startMethod how the Java programs start their processes; nothing: by their default
     */
    public Launcher(Path home, String python, Optional<String> startMethod) {
        this.home = home.toAbsolutePath();
        this.startMethod = startMethod;
        this.python = python.indexOf('/') < 0 ? python : Path.of(python).toAbsolutePath().toString();
    }

    /**
     * Finds out how a program is to be run in a language.
     *
     * @param program the program
     * @param language the language
     * @param runner runs Python once, to ask for its version
     * @return the candidate: skipped if there is no fit Python, failed if the program itself is missing
     * @throws IOException if Python cannot be asked
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public Candidate candidate(Program program, Language language, ProgramRunner runner)
            throws IOException, InterruptedException {
        Optional<String> missing = missing(program, language);
        if (missing.isPresent()) {
            return Candidate.hindered(language.id(), Row.Verdict.FAILED, missing.get());
        }
        if (language == Language.PYTHON) {
            if (pythonHindrance == null) {
                pythonHindrance = hindrance(runner);
            }
            if (pythonHindrance.isPresent()) {
                return Candidate.hindered(language.id(), Row.Verdict.SKIPPED, pythonHindrance.get());
            }
        }
        return Candidate.runnable(language.id(), command(program, language), null);
    }

    /**
     * Returns the command line that runs a program.
     *
     * @param program the program
     * @param language the language
     * @return the command line, which works in any directory
     */
    public List<String> command(Program program, Language language) {
        return switch (language) {
            case JAVA -> javaCommand(program);
            case CPP -> List.of(file(program, language).toString());
            case PYTHON -> List.of(python, file(program, language).toString());
        };
    }

    /**
     * Tells whether a program is missing in a language.
     *
     * @param program the program
     * @param language the language
     * @return what is missing and what to do about it; nothing if it is there
     * @throws IOException if the archive of the Java programs cannot be read
     */
    public Optional<String> missing(Program program, Language language) throws IOException {
        Path file = file(program, language);
        if (!Files.isReadable(file)) {
            String cure = language == Language.PYTHON ? "" : ": build with mvn -DskipTests package";
            return Optional.of("there is no " + file + cure);
        }
        if (language == Language.JAVA) {
            try (JarFile jar = new JarFile(file.toFile())) {
                String entry = className(program) + ".class";
                return jar.getEntry(entry) == null ? Optional.of("there is no " + entry + " in " + file)
                        : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private Path file(Program program, Language language) {
        return switch (language) {
            case JAVA -> home.resolve("target/examples.jar");
            case CPP -> home.resolve("target/cmake/examples").resolve(program.name());
            case PYTHON -> home.resolve("src/examples/python").resolve(program.name() + ".py");
        };
    }

    private List<String> javaCommand(Program program) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:+UseSerialGC");
        command.add("-XX:TieredStopAtLevel=1");
        if (Runtime.version().feature() >= JDK_WITH_NATIVE_ACCESS_FLAG) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        startMethod.ifPresent(method -> command.add("-D" + START_METHOD_PROPERTY + "=" + method));
        command.add("-cp");
        command.add(classPath() + File.pathSeparator + file(program, Language.JAVA));
        command.add(className(program));
        return command;
    }

    /** This JVM's own class path, which has the library on it, with absolute paths: the program runs elsewhere. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.isEmpty())
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static String className(Program program) {
        return Character.isDigit(program.name().charAt(0)) ? '_' + program.name() : program.name();
    }

    private Optional<String> hindrance(ProgramRunner runner) throws InterruptedException {
        RunResult answer;
        try {
            answer = runner.run(List.of(python, "-c", PROBE), null, PROBE_LIMIT);
        } catch (IOException e) {
            return Optional.of("cannot run " + python + ": " + e.getMessage());
        }
        int code = answer.exitCode().orElse(-1);
        if (code != 0) {
            String last = answer.stderr().lines().reduce((first, second) -> second).orElse(answer.trouble());
            return Optional.of(python + " has no working multiprocessing: " + last);
        }
        return tooOld(answer.stdout().strip());
    }

    private Optional<String> tooOld(String version) {
        Matcher matcher = Pattern.compile("(\\d+)\\.(\\d+)").matcher(version);
        if (!matcher.matches()) {
            return Optional.of(python + " is no Python: it says \"" + LineDiff.visible(version) + '"');
        }
        int[] found = {Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))};
        return Arrays.compare(found, OLDEST_PYTHON) >= 0 ? Optional.empty()
                : Optional.of(python + " is version " + version + "; "
                        + OLDEST_PYTHON[0] + '.' + OLDEST_PYTHON[1] + " or newer is needed");
    }
}
