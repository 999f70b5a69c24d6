package org.multiprocessing4j.cli.locks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Shows who holds and who waits, a line each: those of one lock together, holders first, then who waits longest. */
public final class LockTable {
    private static final List<String> HEADER = List.of("kind", "name", "address", "process", "thread", "");
    private static final double NANOS_PER_SECOND = 1e9;

    private LockTable() {
    }

    /** The lines; one that says so if there is nothing to show. */
    public static List<String> lines(List<LockUse> uses) {
        if (uses.isEmpty()) {
            return List.of("nothing is held, and nobody waits");
        }
        List<List<String>> rows = new ArrayList<>(List.of(HEADER));
        uses.stream().sorted(Comparator.comparing(LockUse::address).thenComparing(LockUse::waits)
                .thenComparing(Comparator.comparing(LockUse::waitingNanos).reversed())).map(LockTable::row)
                .forEach(rows::add);
        int[] widths = IntStream.range(0, HEADER.size())
                .map(column -> rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0)).toArray();
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    private static List<String> row(LockUse use) {
        return List.of(use.kind(), use.name().isEmpty() ? "-" : use.name(), use.address(), Integer.toString(use.pid()),
                use.thread() == 0 ? "-" : Long.toString(use.thread()), what(use) + (use.alive() ? "" : ", dead"));
    }

    private static String what(LockUse use) {
        if (!use.waits()) {
            return use.count() > 1 ? "holds " + use.count() : "holds";
        }
        return use.waitingNanos() == 0 ? "waits"
                : String.format(Locale.ROOT, "waits for %.1f s", use.waitingNanos() / NANOS_PER_SECOND);
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            line.append(row.get(column)).append(" ".repeat(widths[column] - row.get(column).length() + 2));
        }
        return line.toString().stripTrailing();
    }
}
