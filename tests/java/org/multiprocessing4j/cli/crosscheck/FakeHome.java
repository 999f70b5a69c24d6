package org.multiprocessing4j.cli.crosscheck;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import javax.tools.ToolProvider;

/** A directory that looks like the project's after a build, with example programs that print what a test wants. */
public final class FakeHome {
    private final Path directory;

    /**
     * Makes the directories.
     *
     * @param directory an empty directory
     */
    public FakeHome(Path directory) throws IOException {
        this.directory = directory;
        Files.createDirectories(directory.resolve("src/examples/python"));
        Files.createDirectories(directory.resolve("target/cmake/examples"));
    }

    /** The directory. */
    public Path path() {
        return directory;
    }

    /** A C++ program that is a script of bash. */
    public void cpp(String name, String script) throws IOException {
        executable(directory.resolve("target/cmake/examples").resolve(name), script);
    }

    /** A Python program that is a script of bash; {@link #python} runs it. */
    public void pythonProgram(String name, String script) throws IOException {
        Files.writeString(directory.resolve("src/examples/python").resolve(name + ".py"), script);
    }

    /** Something that tells a version as Python does and runs the Python programs. */
    public Path python(String version) throws IOException {
        return executable(directory.resolve("fake-python"),
                "if [ \"$1\" = -c ]; then echo " + version + "; else exec bash \"$@\"; fi");
    }

    /** A file that can be executed: a script of bash. */
    public Path executable(Path file, String script) throws IOException {
        Files.writeString(file, "#!/bin/bash\n" + script + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A Java program with this body of main, alone in the archive of the examples. */
    public void java(String className, String body) throws IOException {
        Path source = Files.writeString(directory.resolve(className + ".java"), "public class " + className
                + " { public static void main(String[] arguments) throws Exception { " + body + " } }\n");
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        int code = ToolProvider.getSystemJavaCompiler().run(null, null, errors, source.toString());
        if (code != 0) {
            throw new IllegalArgumentException(errors.toString());
        }
        try (JarOutputStream jar = new JarOutputStream(
                Files.newOutputStream(directory.resolve("target/examples.jar")))) {
            jar.putNextEntry(new JarEntry(className + ".class"));
            jar.write(Files.readAllBytes(directory.resolve(className + ".class")));
            jar.closeEntry();
        }
    }

    /** A script that prints the sample of a program of the catalog. */
    public static String printing(Program program) {
        return printing(program.sample());
    }

    /** A script that prints lines. */
    public static String printing(List<String> lines) {
        return "cat <<'EOF'\n" + lines.stream().map(line -> line + '\n').collect(Collectors.joining()) + "EOF";
    }
}
