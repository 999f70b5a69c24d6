package org.multiprocessing4j.cli.crosscheck;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reads what users say about their own programs that they want compared: commands, normalising and masks. */
public final class OwnCommands {
    /** The words that {@code --normalise} knows. */
    public static final List<String> RULES = List.of("pids", "times", "numbers", "sort");

    private static final String PROGRAM = "commands";

    private OwnCommands() {
    }

    /**
     * Makes candidates of commands.
     *
     * @param commands each NAME=COMMAND, the names all different
     * @return for each a candidate that is run by {@code bash -c} in the current directory
     * @throws IllegalArgumentException if there are fewer than two, or one has no name or no command, or a name occurs
     *     twice
     */
    public static List<Candidate> candidates(List<String> commands) {
        Map<String, Candidate> candidates = new LinkedHashMap<>();
        for (String command : commands) {
            int equals = command.indexOf('=');
            if (equals < 1 || command.substring(equals + 1).isBlank()) {
                throw new IllegalArgumentException("--cmd must be NAME=COMMAND, not '" + command + "'");
            }
            String name = command.substring(0, equals);
            List<String> line = List.of("bash", "-c", command.substring(equals + 1));
            if (candidates.put(name, Candidate.runnable(name, line, Path.of("").toAbsolutePath())) != null) {
                throw new IllegalArgumentException("--cmd " + name + "=... is given twice");
            }
        }
        if (candidates.size() < 2) {
            throw new IllegalArgumentException("--cmd must be given at least twice: there is nothing to compare with");
        }
        return List.copyOf(candidates.values());
    }

    /**
     * Makes the program that says how the commands' outputs are compared: with each other alone.
     *
     * @param rules words of {@link #RULES}
     * @param masks each REGEX=TEXT, split at the last equals sign; {@code $1} in TEXT stands for the first group
     * @return a program without an expected output; masks are applied before everything else
     * @throws IllegalArgumentException if a rule is unknown or a mask has a bad form
     */
    public static Program program(List<String> rules, List<String> masks) {
        for (String rule : rules) {
            if (!RULES.contains(rule)) {
                throw new IllegalArgumentException(
                        "unknown rule '" + rule + "' for --normalise; there are: " + String.join(", ", RULES));
            }
        }
        Program.Builder builder = Program.named(PROGRAM, "commands of the user");
        masks.forEach(mask -> builder.step(mask(mask)));
        steps(rules).forEach(builder::step);
        return builder.layout(rules.contains("sort") ? Layout.SORTED : Layout.ORDERED).build();
    }

    /** In an order in which none spoils the next: numbers, the coarsest, come last whatever the user's order. */
    private static List<Normaliser.Step> steps(List<String> rules) {
        List<Normaliser.Step> steps = new ArrayList<>();
        if (rules.contains("times")) {
            steps.add(Normaliser.TIMES);
        }
        if (rules.contains("pids")) {
            steps.add(Normaliser.PIDS);
        }
        if (rules.contains("numbers")) {
            steps.add(Normaliser.NUMBERS);
        }
        return steps;
    }

    private static Normaliser.Mask mask(String mask) {
        int equals = mask.lastIndexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("--mask must be REGEX=TEXT, not '" + mask + "'");
        }
        String regex = mask.substring(0, equals);
        String text = mask.substring(equals + 1);
        try {
            // With an empty alternative it matches anything, which tells whether the groups in TEXT are there.
            Pattern.compile("(?:" + regex + ")|").matcher("").replaceAll(text);
            return Normaliser.Mask.of(regex, text);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "--mask '" + regex + "' is no regular expression: " + e.getDescription());
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("--mask '" + mask + "': bad replacement text: " + e.getMessage());
        }
    }
}
