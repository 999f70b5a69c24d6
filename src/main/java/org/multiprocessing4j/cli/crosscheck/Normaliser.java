package org.multiprocessing4j.cli.crosscheck;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Takes out of an output what may differ from run to run, so that what is left can be compared line by line.
 *
 * <p>The steps are applied to each line in their order, then the lines are laid out. Numbers that a {@link Label} finds
 * (process numbers) become {@code <P1>}, {@code <P2>} …, the same number always the same label. Labels are numbered by
 * first sight where the order of lines means something, and otherwise by the content of the lines that they stand in,
 * since there a scheduler decides who is seen first.
 *
 * @param steps what to do with each line
 * @param layout which order of lines is compared
 */
public record Normaliser(List<Step> steps, Layout layout) {
    /** Process and thread numbers behind a word: {@code PID 7}, {@code process id: 7}, {@code (pid=7)}. */
    public static final Label PIDS = new Label(Pattern.compile(
            "(?i)\\b(?:p?pid|tid|(?:process|thread|parent|child)(?:[ _-]?p?id)?)\\b[\"')]?\\s?[:=#(]?\\s?(\\d+)\\b"));

    /** Dates, times of the day, and durations with a unit. */
    public static final Mask TIMES = new Mask(Pattern.compile("(?i)"
            + "\\b\\d{4}-\\d\\d-\\d\\d(?:[T ]\\d\\d:\\d\\d(?::\\d\\d(?:[.,]\\d+)?)?)?(?:Z|[-+]\\d\\d:?\\d\\d)?|"
            + "\\b\\d{1,2}:\\d\\d:\\d\\d(?:[.,]\\d+)?|"
            + "\\b\\d+(?:\\.\\d+)?\\s?(?:[nuµm]?s|m|min|h|secs?|seconds?|milliseconds?|minutes?|hours?)\\b"), "<T>");

    /** Numbers of any kind that stand alone. */
    public static final Mask NUMBERS = new Mask(
            Pattern.compile("(?<![\\w.])-?\\d+(?:\\.\\d+)?(?:[eE][-+]?\\d+)?(?!\\w)"), "<N>");

    private static final int FIRST_PLACEHOLDER = 0xF0000;
    private static final int MAX_LABELS = 0xFFFD;
    private static final Pattern PLACEHOLDER = Pattern.compile("[\\x{F0000}-\\x{FFFFD}]");

    /** Something to do with a line. */
    public sealed interface Step permits Mask, Label {
    }

    /**
     * A replacement.
     *
     * @param pattern what to replace wherever it is found in a line
     * @param text what to put there; {@code $1} stands for the first group
     */
    public record Mask(Pattern pattern, String text) implements Step {
        /**
         * Makes a mask.
         *
         * @param regex what to replace
         * @param text what to put there; {@code $1} stands for the first group
         * @return the mask
         */
        public static Mask of(String regex, String text) {
            return new Mask(Pattern.compile(regex), text);
        }
    }

    /**
     * A search for numbers to label.
     *
     * @param pattern its first group captures the number
     */
    public record Label(Pattern pattern) implements Step {
        /**
         * Makes a label.
         *
         * @param regex its first group captures the number
         * @return the label
         */
        public static Label of(String regex) {
            return new Label(Pattern.compile(regex));
        }
    }

    /**
     * Splits an output into its lines.
     *
     * @param output the text
     * @return the lines without their ends; one more line says so if the last one has no end
     */
    public static List<String> lines(String output) {
        List<String> lines = new ArrayList<>(List.of(output.split("\n", -1)));
        boolean complete = lines.get(lines.size() - 1).isEmpty();
        if (complete) {
            lines.remove(lines.size() - 1);
        } else {
            lines.add("\\ no line end after the last line");
        }
        return lines;
    }

    /**
     * Normalises an output.
     *
     * @param output what a program printed
     * @return the lines to compare
     */
    public List<String> apply(String output) {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>();
        for (String line : lines(output)) {
            lines.add(apply(line, numbers));
        }
        List<String> names = names(lines, numbers.size());
        lines.replaceAll(line -> PLACEHOLDER.matcher(line).replaceAll(match -> names.get(numberOf(match))));
        return layout.arrange(lines);
    }

    private String apply(String line, Map<String, Integer> numbers) {
        String text = line;
        for (Step step : steps) {
            if (step instanceof Mask mask) {
                text = mask.pattern().matcher(text).replaceAll(mask.text());
            } else if (step instanceof Label label) {
                text = label(text, label.pattern(), numbers);
            }
        }
        return text;
    }

    private static String label(String line, Pattern pattern, Map<String, Integer> numbers) {
        StringBuilder text = new StringBuilder();
        int end = 0;
        for (MatchResult hit : pattern.matcher(line).results().toList()) {
            int number = numbers.computeIfAbsent(hit.group(1), unseen -> numbers.size());
            if (number < MAX_LABELS) {
                text.append(line, end, hit.start(1)).appendCodePoint(FIRST_PLACEHOLDER + number);
                end = hit.end(1);
            }
        }
        return text.append(line.substring(end)).toString();
    }

    private static int numberOf(MatchResult placeholder) {
        return placeholder.group().codePointAt(0) - FIRST_PLACEHOLDER;
    }

    /** The label of each number: element i for the i-th number seen. */
    private List<String> names(List<String> lines, int count) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
        if (layout.kind() != Layout.Kind.ORDERED) {
            Map<Integer, String> contents = contents(lines);
            order.sort(Comparator.comparing(number -> contents.getOrDefault(number, "")));
        }
        List<String> names = new ArrayList<>(Collections.nCopies(count, ""));
        for (int i = 0; i < count; i++) {
            names.set(order.get(i), "<P" + (i + 1) + '>');
        }
        return names;
    }

    /** What is said of each number, without regard to the numbers themselves and to the order of lines. */
    private static Map<Integer, String> contents(List<String> lines) {
        Map<Integer, TreeMap<String, Integer>> said = new HashMap<>();
        for (String line : lines) {
            for (MatchResult hit : PLACEHOLDER.matcher(line).results().toList()) {
                String self = line.replace(hit.group(), "<self>");
                said.computeIfAbsent(numberOf(hit), unseen -> new TreeMap<>())
                        .merge(PLACEHOLDER.matcher(self).replaceAll("<other>"), 1, Integer::sum);
            }
        }
        Map<Integer, String> contents = new HashMap<>();
        said.forEach((number, texts) -> contents.put(number, texts.toString()));
        return contents;
    }
}
