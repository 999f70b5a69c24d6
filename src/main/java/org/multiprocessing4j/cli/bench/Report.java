package org.multiprocessing4j.cli.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Shows results. */
public final class Report {
    private static final List<String> HEADER = List.of("figure", "unit", "java", "python", "limit", "java/python",
            "java/limit", "spread j/p/l", "target");
    private static final String NONE = "-";
    /** The columns of numbers, which stand to the right. */
    private static final int FIRST_NUMBER = 2;

    private static final int LAST_NUMBER = 6;

    private Report() {}

    /**
     * Returns the results for JSON: an object each, with {@code group}, {@code figure}, {@code unit}, the medians
     * {@code java}, {@code python} and {@code limit}, and of each its least and greatest round, as {@code java_min}
     * and {@code java_max}. A peer that took no part is null.
     */
    public static List<Map<String, Object>> objects(List<Result> results) {
        return results.stream().map(Report::object).toList();
    }

    /** Returns the results as lines of text. The spread is that of the rounds, in percent of the median. */
    public static List<String> table(List<Result> results) {
        List<List<String>> rows = new ArrayList<>(List.of(HEADER));
        results.forEach(result -> rows.add(row(result)));
        int[] widths = IntStream.range(0, HEADER.size())
                .map(column -> rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0))
                .toArray();
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    private static Map<String, Object> object(Result result) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("group", result.figure().group());
        object.put("figure", result.figure().name());
        object.put("unit", result.figure().unit().toString());
        for (Role role : Role.values()) {
            object.put(role.toString(), result.median(role).orElse(null));
        }
        for (Role role : Role.values()) {
            object.put(role + "_min", result.summary(role).map(Summary::min).orElse(null));
            object.put(role + "_max", result.summary(role).map(Summary::max).orElse(null));
        }
        return object;
    }

    private static List<String> row(Result result) {
        List<String> row = new ArrayList<>(List.of(result.figure().name(), result.figure().unit().toString()));
        for (Role role : Role.values()) {
            row.add(result.median(role).map(Report::number).orElse(NONE));
        }
        row.add(result.ratioTo(Role.PYTHON).map(Report::ratio).orElse(NONE));
        row.add(result.ratioTo(Role.LIMIT).map(Report::ratio).orElse(NONE));
        row.add(Arrays.stream(Role.values()).map(role -> spread(result, role)).collect(Collectors.joining("/")) + " %");
        row.add(result.figure().targets().stream()
                .map(target -> target.describe(result.figure().unit()) + " " + verdict(target, result))
                .collect(Collectors.joining(", ")));
        return row;
    }

    private static String verdict(Target target, Result result) {
        return target.isMetBy(result).map(met -> met ? "met" : "MISSED").orElse("not measured");
    }

    private static String spread(Result result, Role role) {
        return result.summary(role).map(summary -> String.valueOf(Math.round(summary.spreadPercent()))).orElse(NONE);
    }

    private static String number(double number) {
        int decimals = number >= 100 ? 0 : number >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%." + decimals + "f", number);
    }

    private static String ratio(double ratio) {
        return String.format(Locale.ROOT, ratio < 0.1 ? "%.3f" : "%.2f", ratio);
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            boolean isNumber = column >= FIRST_NUMBER && column <= LAST_NUMBER;
            String format = "%" + (isNumber ? "" : "-") + widths[column] + "s  ";
            line.append(String.format(format, row.get(column)));
        }
        return line.toString().stripTrailing();
    }
}
