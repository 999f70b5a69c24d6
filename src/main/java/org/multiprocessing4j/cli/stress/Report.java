package org.multiprocessing4j.cli.stress;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Shows what came of the trials. */
public final class Report {
    private static final List<String> HEADER = List.of("jdk", "collector", "children", "passed", "failures", "refused",
            "live forks", "at rest ms", "at work ms", "by server", "start ms", "seconds", "ways");
    private static final int FIRST_NUMBER = 2;
    private static final int LAST_NUMBER = 11;
    private static final double MILLIS = 1000;

    private Report() {}

    /** A table: a line for each trial. Times are median / 99th percentile of the call that makes the child. */
    public static List<String> table(List<Tally> tallies) {
        List<List<String>> rows = new ArrayList<>(List.of(HEADER));
        tallies.forEach(tally -> rows.add(row(tally)));
        int[] widths = IntStream.range(0, HEADER.size())
                .map(column -> rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0))
                .toArray();
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    private static List<String> row(Tally tally) {
        return List.of(tally.jdk().version(), tally.collector().id(), String.valueOf(tally.children()),
                String.valueOf(tally.successes()), String.valueOf(tally.failures()), String.valueOf(tally.refusals()),
                String.valueOf(tally.liveForks()), tally.idle().toString(), tally.busy().toString(),
                String.valueOf(tally.serverStarts()), tally.server().toString(),
                String.format(Locale.ROOT, "%.1f", tally.time().toMillis() / MILLIS), tally.note());
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < row.size(); column++) {
            boolean right = column >= FIRST_NUMBER && column <= LAST_NUMBER;
            line.append(String.format("%" + (right ? "" : "-") + widths[column] + "s  ", row.get(column)));
        }
        return line.toString().stripTrailing();
    }
}
