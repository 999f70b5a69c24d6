package org.multiprocessing4j.cli.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The programs that building and comparing need. */
final class ToolChecks {

    private ToolChecks() {}

    static List<Check> all() {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin");
        return List.of(
                python(path),
                tool("g++", "g++", path),
                tool("cmake", "cmake", path),
                tool("ninja", "ninja-build", path),
                tool("mvn", "maven", path));
    }

    static Check python(String path) {
        return find("python3", path)
                .map(file -> Check.ok("python3", file.toString()))
                .orElseGet(() -> Check.limited("python3", "not on PATH", "apt-get install python3"));
    }

    static Check tool(String program, String debianPackage, String path) {
        return find(program, path)
                .map(file -> Check.ok(program, file.toString()))
                .orElseGet(() -> Check.missing(program, "not on PATH", "apt-get install " + debianPackage));
    }

    private static Optional<Path> find(String program, String path) {
        return Pattern.compile(":")
                .splitAsStream(path)
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
