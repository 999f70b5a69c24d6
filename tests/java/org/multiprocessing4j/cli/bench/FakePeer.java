package org.multiprocessing4j.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A peer that is a shell script: it answers what it is told to and keeps a log of what it is asked. */
final class FakePeer {
    private final Path directory;
    private final String name;
    private String figures = "lock.contended";
    private String onRun = "echo \"$figure 1000000\"";

    FakePeer(Path directory, String name) {
        this.directory = directory;
        this.name = name;
    }

    /** Sets the answer to list. */
    FakePeer offering(String names) {
        figures = names;
        return this;
    }

    /** Sets the shell commands for a run; {@code $figure}, {@code $iterations} and {@code $count} say which. */
    FakePeer onRun(String commands) {
        onRun = commands;
        return this;
    }

    /** Writes the script and returns the command that runs it. */
    List<String> command() throws IOException {
        String script = """
                cd '%s'
                echo $$ > %s.pid
                count=0
                while read -r request figure iterations; do
                    case $request in
                    list) echo '%s' ;;
                    run) count=$((count + 1)); echo "%s $iterations" >> log; %s ;;
                    esac
                done
                echo ended > %s.end
                """.formatted(directory, name, figures, name, onRun, name);
        return List.of("/bin/sh", Files.writeString(directory.resolve(name + ".sh"), script).toString());
    }

    /** Returns what peers were asked to run, in order: name and iterations. */
    static List<String> log(Path directory) throws IOException {
        return Files.readAllLines(directory.resolve("log"));
    }

    /** Returns the pid that a process left in a file. */
    static long pid(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip());
    }
}
