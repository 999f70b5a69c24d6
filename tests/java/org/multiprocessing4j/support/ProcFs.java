package org.multiprocessing4j.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Processes as /proc tells of them. Source: proc(5). */
public final class ProcFs {

    private static final Path PROC = Path.of("/proc");
    private static final Path DESCRIPTORS = PROC.resolve("self/fd");

    private ProcFs() {}

    /**
     * A process.
     *
     * @param state the letter of its state: Z for a zombie
     * @param command its command line, or its name in brackets where there is none
     */
    public record Entry(int pid, int parent, int session, char state, String command) {}

    /** The pids of this process's children, zombies too. */
    public static List<Integer> children() {
        return list(PROC.resolve("self/task")).stream()
                .flatMap(thread -> read(thread.resolve("children")).stream())
                .flatMap(pids -> Stream.of(pids.trim().split(" ")))
                .filter(pid -> !pid.isEmpty())
                .map(Integer::valueOf)
                .sorted()
                .toList();
    }

    /** How many descriptors this process has open; those do not count through which the JVM looks at its limits. */
    public static int descriptors() {
        return (int) openFiles().values().stream().filter(file -> !file.startsWith("/sys/")).count();
    }

    /** The bytes of shared memory that this process has in use. */
    public static long sharedMemory() {
        return read(PROC.resolve("self/status")).orElseThrow().lines()
                .filter(line -> line.startsWith("RssShmem:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")) << 10)
                .findFirst().orElseThrow();
    }

    /** What this process has open by number, without what the JDK opens when it first needs it, and keeps. */
    public static SortedMap<Integer, String> openFiles() {
        SortedMap<Integer, String> files = new TreeMap<>();
        for (Path descriptor : list(DESCRIPTORS)) {
            target(descriptor).filter(target -> !isTheJdks(target)).ifPresent(target ->
                    files.put(Integer.valueOf(descriptor.getFileName().toString()), target));
        }
        return files;
    }

    /** Empty if it was closed since it was listed, as that of the listing itself is. */
    private static Optional<String> target(Path descriptor) {
        try {
            return Optional.of(Files.readSymbolicLink(descriptor).toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static boolean isTheJdks(String target) {
        return target.endsWith(".jar") || target.startsWith(System.getProperty("java.home"))
                || target.matches("/dev/u?random|/proc/.*");
    }

    /** What is known of a process; empty if there is none with that pid. */
    public static Optional<Entry> entry(int pid) {
        Path directory = PROC.resolve(String.valueOf(pid));
        return read(directory.resolve("stat")).map(stat -> {
            // What stands in the parentheses may hold anything.
            String name = stat.substring(stat.indexOf('('), stat.lastIndexOf(')') + 1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            String command = read(directory.resolve("cmdline")).orElse("").replace('\0', ' ').trim();
            return new Entry(pid, Integer.parseInt(fields[1]), Integer.parseInt(fields[3]), fields[0].charAt(0),
                    command.isEmpty() ? name : command);
        });
    }

    /** Every process there is. */
    public static List<Entry> all() {
        return list(PROC).stream()
                .map(path -> path.getFileName().toString())
                .filter(name -> Character.isDigit(name.charAt(0)))
                .flatMap(name -> entry(Integer.parseInt(name)).stream())
                .toList();
    }

    /** Whether a process runs; a zombie does not. */
    public static boolean isRunning(int pid) {
        return entry(pid).filter(process -> process.state() != 'Z').isPresent();
    }

    /** A process and all that descend from it, one a line, indented: pid, state and command line. */
    public static String tree(int root) {
        List<Entry> all = all();
        StringBuilder lines = new StringBuilder();
        all.stream().filter(process -> process.pid() == root).forEach(process -> describe(process, all, "", lines));
        return lines.toString();
    }

    private static void describe(Entry process, List<Entry> all, String indent, StringBuilder lines) {
        lines.append(indent).append(process.pid()).append(' ').append(process.state()).append(' ')
                .append(process.command()).append('\n');
        all.stream()
                .filter(child -> child.parent() == process.pid())
                .forEach(child -> describe(child, all, indent + "  ", lines));
    }

    /** The entries of a directory; none if it is not there, or not any more. */
    static List<Path> list(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.collect(Collectors.toCollection(ArrayList::new));
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file's text; empty if its process has ended, at whatever moment, or is another user's. */
    static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
