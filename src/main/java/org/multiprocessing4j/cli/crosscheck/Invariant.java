package org.multiprocessing4j.cli.crosscheck;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Something that must hold of a program's output, whatever the order in which its processes ran.
 *
 * @param name what must hold, in words
 * @param check looks at all lines, in the order in which they were printed and as they were printed, and tells what is
 *     wrong
 */
public record Invariant(String name, Function<List<String>, Optional<String>> check) {
    /**
     * Looks for a violation.
     *
     * @param lines the merged output of all processes
     * @return what is wrong, or nothing
     */
    public Optional<String> violation(List<String> lines) {
        return check.apply(lines);
    }
}
