package org.multiprocessing4j.cli.crosscheck;

import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which order of lines is compared.
 *
 * @param kind the way
 * @param key for {@link Kind#GROUPED}: a pattern whose first group names the process that wrote a line
 */
public record Layout(Kind kind, Pattern key) {
    /** The ways to lay lines out. */
    public enum Kind {
        /** As printed. */
        ORDERED,
        /** As a multiset: sorted. */
        SORTED,
        /** Each process's lines as printed, whatever the other processes print between them. */
        GROUPED
    }

    /** The lines in the order in which they were printed. */
    public static final Layout ORDERED = new Layout(Kind.ORDERED, null);
    /** The lines as a multiset. */
    public static final Layout SORTED = new Layout(Kind.SORTED, null);

    /**
     * The lines of each process in order, the processes in the order of their names.
     *
     * @param key a pattern whose first group names the process that wrote a line; lines without are one more group
     * @return the layout
     */
    public static Layout groupedBy(String key) {
        return new Layout(Kind.GROUPED, Pattern.compile(key));
    }

    List<String> arrange(List<String> lines) {
        return switch (kind) {
            case ORDERED -> List.copyOf(lines);
            case SORTED -> lines.stream().sorted().toList();
            case GROUPED -> lines.stream()
                    .collect(Collectors.groupingBy(this::keyOf, TreeMap::new, Collectors.toList()))
                    .values().stream().flatMap(List::stream).toList();
        };
    }

    private String keyOf(String line) {
        Matcher matcher = key.matcher(line);
        return matcher.find() ? matcher.group(1) : "";
    }
}
