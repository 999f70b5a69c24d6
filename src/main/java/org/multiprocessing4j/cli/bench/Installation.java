package org.multiprocessing4j.cli.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the peers lie.
 *
 * @param home the project's directory, built
 */
public record Installation(Path home) {
    private static final int JDK_THAT_RESTRICTS_NATIVE_ACCESS = 22;

    /** Returns the program that measures how fast an interpreter is. */
    public Path pythonProbe() {
        return home.resolve("src/bench/python/probe.py");
    }

    /**
     * Returns the command that starts each peer; Python's only if there is one.
     *
     * @throws BenchException if they have not been built
     */
    public Map<Role, List<String>> commands(Optional<CPython> python) throws BenchException {
        Map<Role, List<String>> commands = new EnumMap<>(Role.class);
        commands.put(Role.JAVA, java(built("target/bench.jar")));
        python.ifPresent(chosen -> commands.put(Role.PYTHON, python(chosen)));
        commands.put(Role.LIMIT, limit(built("target/cmake/bench/bench"), built("target/bench.jar")));
        return commands;
    }

    private List<String> python(CPython python) {
        Path program = home.resolve("src/bench/python/bench.py");
        return List.of(python.executable().toString(), "-B", program.toString());
    }

    private static List<String> java(Path jar) {
        List<String> command = new ArrayList<>(List.of(launcher()));
        if (Runtime.version().feature() >= JDK_THAT_RESTRICTS_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        String classPath = System.getProperty("java.class.path") + ":" + jar;
        command.addAll(List.of("-cp", classPath, "org.multiprocessing4j.bench.Main"));
        return command;
    }

    /** The C++ peer is told how to start a JVM that does nothing. */
    private static List<String> limit(Path program, Path jar) {
        return List.of(program.toString(), launcher(), "-cp", jar.toString(), "org.multiprocessing4j.bench.Nothing");
    }

    private static String launcher() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private Path built(String file) throws BenchException {
        Path path = home.resolve(file);
        if (!Files.exists(path)) {
            throw new BenchException(path + " is missing: run mvn -DskipTests package first");
        }
        return path;
    }
}
