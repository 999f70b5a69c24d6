package org.multiprocessing4j.cli.processes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What /proc tells of a process at one moment; see proc(5).
 *
 * @param pid its number
 * @param parent the number of its parent, which is another one once the first parent has ended
 * @param session the number of its session
 * @param state R running, S sleeping, D disk sleep, T stopped, t tracing stop, Z zombie, X dead, I idle
 * @param command its command line, or its name in brackets where it has none
 */
public record ProcessInfo(long pid, long parent, long session, char state, String command) {
    private static final Path PROC = Path.of("/proc");
    private static final int MAX_COMMAND = 300;

    /** All processes that can be seen now. */
    public static List<ProcessInfo> all() throws IOException {
        List<ProcessInfo> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                read(Long.parseLong(entry.getFileName().toString())).ifPresent(found::add);
            }
        }
        return found;
    }

    /** One process, or nothing if there is none of that number (any more). */
    public static Optional<ProcessInfo> read(long pid) {
        Optional<String> stat = text(pid, "stat");
        // The name in the second field may hold blanks and brackets itself: count the fields from its end.
        return stat.map(line -> line.substring(line.lastIndexOf(')') + 2).split(" "))
                .map(fields -> new ProcessInfo(pid, Long.parseLong(fields[1]), Long.parseLong(fields[3]),
                        fields[0].charAt(0), commandOf(pid, stat.get())));
    }

    public boolean isZombie() {
        return state == 'Z' || state == 'X';
    }

    /** Whether {@code NAME=value} is in the environment that the process, or the one it was forked from, began with. */
    boolean hasEnvironment(String entry) {
        String environment = text(pid, "environ").orElse("");
        return environment.startsWith(entry + '\0') || environment.contains('\0' + entry + '\0');
    }

    /** Whether the process has one of the files open. */
    boolean holds(List<Path> files) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(directory(pid).resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (target(descriptor).filter(files::contains).isPresent()) {
                    return true;
                }
            }
            return false;
        } catch (IOException | DirectoryIteratorException e) {
            // It has ended meanwhile, or belongs to another user: then it is none of ours.
            return false;
        }
    }

    /** Whether the process is a JVM: whether its program is called java. */
    public boolean isJvm() {
        return target(directory(pid).resolve("exe")).filter(executable -> executable.endsWith("java")).isPresent();
    }

    /** The kernel function that the process sleeps in, if the kernel tells. */
    public Optional<String> waitsIn() {
        return text(pid, "wchan").map(String::strip).filter(name -> !name.isEmpty() && !name.equals("0"));
    }

    private static String commandOf(long pid, String stat) {
        String line = text(pid, "cmdline").orElse("").replace('\0', ' ').replaceAll("\\p{Cntrl}", " ").strip();
        if (line.isEmpty()) {
            return '[' + stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')')) + ']';
        }
        return line.length() <= MAX_COMMAND ? line : line.substring(0, MAX_COMMAND) + " …";
    }

    private static Path directory(long pid) {
        return PROC.resolve(Long.toString(pid));
    }

    private static Optional<Path> target(Path link) {
        try {
            return Optional.of(Files.readSymbolicLink(link));
        } catch (IOException e) {
            return Optional.empty(); // closed or ended meanwhile, or another user's
        }
    }

    private static Optional<String> text(long pid, String file) {
        try {
            return Optional.of(Files.readString(directory(pid).resolve(file), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return Optional.empty(); // ended meanwhile, or another user's
        }
    }
}
