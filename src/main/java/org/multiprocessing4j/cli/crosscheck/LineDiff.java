package org.multiprocessing4j.cli.crosscheck;

import java.util.ArrayList;
import java.util.List;

/** The difference of two lists of lines, for reading. */
public final class LineDiff {
    private static final int CONTEXT = 3;
    private static final int MAX_COMPARED = 1500;
    private static final int MAX_SHOWN = 80;
    private static final int MAX_WIDTH = 500;

    private final List<String> wanted;
    private final List<String> got;
    private final List<String> result = new ArrayList<>();

    private LineDiff(List<String> wanted, List<String> got) {
        this.wanted = wanted;
        this.got = got;
    }

    /**
     * Compares two lists of lines.
     *
     * @param wanted the lines as they should be
     * @param got the lines as they are
     * @return "- " before lines that are missing, "+ " before those that are there instead, two blanks before up to
     *     three lines around them; empty if the lists are equal; cut where it would be too long to read
     */
    public static List<String> of(List<String> wanted, List<String> got) {
        if (wanted.equals(got)) {
            return List.of();
        }
        int start = 0;
        int shorter = Math.min(wanted.size(), got.size());
        while (start < shorter && wanted.get(start).equals(got.get(start))) {
            start++;
        }
        // The lines before the first difference say little, and comparing takes the product of both lengths.
        int from = Math.max(0, start - CONTEXT);
        LineDiff diff = new LineDiff(part(wanted, from), part(got, from));
        diff.compare();
        boolean whole = wanted.size() - from <= MAX_COMPARED && got.size() - from <= MAX_COMPARED;
        return diff.shown(from, whole);
    }

    private static List<String> part(List<String> lines, int from) {
        return lines.subList(from, Math.min(lines.size(), from + MAX_COMPARED));
    }

    private void compare() {
        int[][] common = commonLengths();
        int i = 0;
        int j = 0;
        while (i < wanted.size() || j < got.size()) {
            if (i < wanted.size() && j < got.size() && wanted.get(i).equals(got.get(j))) {
                result.add("  " + wanted.get(i++));
                j++;
            } else if (j == got.size() || i < wanted.size() && common[i + 1][j] >= common[i][j + 1]) {
                result.add("- " + wanted.get(i++));
            } else {
                result.add("+ " + got.get(j++));
            }
        }
    }

    /** Element [i][j]: how many lines the longest common subsequence of the tails from i and j has. */
    private int[][] commonLengths() {
        int[][] common = new int[wanted.size() + 1][got.size() + 1];
        for (int i = wanted.size() - 1; i >= 0; i--) {
            for (int j = got.size() - 1; j >= 0; j--) {
                common[i][j] = wanted.get(i).equals(got.get(j)) ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        return common;
    }

    private List<String> shown(int before, boolean whole) {
        List<String> lines = new ArrayList<>();
        if (before > 0) {
            lines.add(equalLines(before));
        }
        int hidden = 0;
        for (int i = 0; i < result.size() && lines.size() < MAX_SHOWN; i++) {
            if (!nearDifference(i)) {
                hidden++;
                continue;
            }
            if (hidden > 0) {
                lines.add(equalLines(hidden));
                hidden = 0;
            }
            lines.add(visible(result.get(i)));
        }
        if (hidden > 0 && lines.size() < MAX_SHOWN) {
            lines.add(equalLines(hidden));
        }
        if (lines.size() >= MAX_SHOWN || !whole) {
            lines.add("  ... cut here");
        }
        return lines;
    }

    private static String equalLines(int count) {
        return "  ... " + count + (count == 1 ? " equal line" : " equal lines");
    }

    private boolean nearDifference(int index) {
        int last = Math.min(result.size() - 1, index + CONTEXT);
        for (int i = Math.max(0, index - CONTEXT); i <= last; i++) {
            if (result.get(i).charAt(0) != ' ') {
                return true;
            }
        }
        return false;
    }

    /** Control characters by their code: a difference in a carriage return can be seen then. */
    static String visible(String line) {
        StringBuilder text = new StringBuilder();
        for (char c : line.substring(0, Math.min(line.length(), MAX_WIDTH)).toCharArray()) {
            text.append(Character.isISOControl(c) ? String.format("\\u%04x", (int) c) : String.valueOf(c));
        }
        return line.length() > MAX_WIDTH ? text + " ... " + line.length() + " characters" : text.toString();
    }
}
