package org.multiprocessing4j.cli.crosscheck;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.multiprocessing4j.cli.Json;
import picocli.CommandLine.Help.Ansi;

/** The report of a cross-check: a table of verdicts, the details of what did not pass, and the count. */
public final class Report {
    private static final int CELL = 14;

    private final List<Row> rows;

    /**
     * Makes a report.
     *
     * @param rows the rows, those of one program together
     */
    public Report(List<Row> rows) {
        this.rows = List.copyOf(rows);
    }

    /**
     * Prints all of it; the last line is the count alone.
     *
     * @param out where to
     * @param ansi whether in colour
     */
    public void print(PrintWriter out, Ansi ansi) {
        table(out, ansi);
        details(out, ansi);
        out.println(summary());
        out.flush();
    }

    /**
     * Counts the rows.
     *
     * @return "N passed, M failed", and ", K skipped" behind it if any were
     */
    public String summary() {
        long skipped = count(Row.Verdict.SKIPPED);
        String counts = count(Row.Verdict.PASSED) + " passed, " + count(Row.Verdict.FAILED) + " failed";
        return skipped == 0 ? counts : counts + ", " + skipped + " skipped";
    }

    /**
     * Tells whether all agree.
     *
     * @param strict whether a skipped row counts as a failed one
     * @return true if something was compared and nothing failed
     */
    public boolean isGood(boolean strict) {
        return count(Row.Verdict.PASSED) > 0 && count(Row.Verdict.FAILED) == 0
                && (!strict || count(Row.Verdict.SKIPPED) == 0);
    }

    /**
     * Returns the rows as JSON.
     *
     * @return an array of objects with program, language, verdict (passed, failed or skipped), seconds and detail
     */
    public String json() {
        List<Map<String, Object>> objects = new ArrayList<>();
        for (Row row : rows) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("program", row.program());
            object.put("language", row.language());
            object.put("verdict", row.verdict().name().toLowerCase(Locale.ROOT));
            object.put("seconds", row.seconds());
            object.put("detail", row.detail());
            objects.add(object);
        }
        return Json.write(objects);
    }

    private long count(Row.Verdict verdict) {
        return rows.stream().filter(row -> row.verdict() == verdict).count();
    }

    private void table(PrintWriter out, Ansi ansi) {
        Set<String> programs = new LinkedHashSet<>(rows.stream().map(Row::program).toList());
        Set<String> languages = new LinkedHashSet<>(rows.stream().map(Row::language).toList());
        int width = programs.stream().mapToInt(String::length).max().orElse(0) + 2;
        StringBuilder heading = new StringBuilder(pad("", width));
        languages.forEach(language -> heading.append(pad(language, columnWidth(language))));
        out.println(heading.toString().stripTrailing());
        for (String program : programs) {
            StringBuilder line = new StringBuilder(pad(program, width));
            languages.forEach(language -> line.append(cell(program, language, ansi)));
            out.println(line.toString().stripTrailing());
        }
        out.println();
    }

    private String cell(String program, String language, Ansi ansi) {
        Optional<Row> row = rows.stream()
                .filter(each -> each.program().equals(program) && each.language().equals(language)).findFirst();
        if (row.isEmpty()) {
            return pad("-", columnWidth(language));
        }
        String time = String.format(Locale.ROOT, "%6.2f s", row.get().seconds());
        String text = switch (row.get().verdict()) {
            case PASSED -> ansi.string("@|green ok  |@") + time;
            case FAILED -> ansi.string("@|bold,red FAIL|@") + time;
            case SKIPPED -> ansi.string("@|yellow skip|@") + " ".repeat(time.length());
        };
        return text + " ".repeat(columnWidth(language) - "FAIL".length() - time.length());
    }

    private static int columnWidth(String language) {
        return Math.max(CELL, language.length()) + 2;
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    private void details(PrintWriter out, Ansi ansi) {
        Set<String> told = new LinkedHashSet<>();
        for (Row row : rows) {
            if (row.verdict() == Row.Verdict.FAILED) {
                out.println(ansi.string("@|bold,red FAILED|@") + ' ' + row.program() + " (" + row.language() + ')');
                row.detail().lines().forEach(line -> out.println(coloured(line, ansi)));
                out.println();
            } else if (row.verdict() == Row.Verdict.SKIPPED && told.add(row.language() + row.detail())) {
                out.println(ansi.string("@|yellow skipped|@") + ' ' + row.language() + ": " + row.detail());
                out.println();
            }
        }
    }

    private static String coloured(String line, Ansi ansi) {
        // The text comes from a program: it must not be read as markup.
        String style = line.startsWith("  - ") ? "red" : line.startsWith("  + ") ? "green" : null;
        String text = "  " + line;
        return style == null || !ansi.enabled() ? text
                : Ansi.Style.on(Ansi.Style.parse(style)) + text + Ansi.Style.off(Ansi.Style.parse(style));
    }
}
