package org.multiprocessing4j.cli.crosscheck;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Judges the runs of one program: each by what the catalog expects, then all by each other. */
public final class Judge {
    private static final int STDERR_TAIL = 20;
    private static final int SIGNAL_BASE = 128;

    /** What a JVM prints of its own accord when the user's environment holds options for it. */
    private static final Pattern JVM_NOTE = Pattern.compile("(?m)^(?:NOTE: )?Picked up \\w+: .*\\R");

    private final Program program;

    /**
     * Makes a judge.
     *
     * @param program the program that was run
     */
    public Judge(Program program) {
        this.program = program;
    }

    /**
     * Judges the runs of the program.
     *
     * @param runs the run in each language, in the order of the report; of two that pass alone but differ, the later
     *     one fails
     * @return what is wrong with each, in several lines; empty where nothing is
     */
    public Map<String, String> judge(Map<String, RunResult> runs) {
        Map<String, String> details = new LinkedHashMap<>();
        String reference = null;
        for (Map.Entry<String, RunResult> entry : runs.entrySet()) {
            RunResult run = entry.getValue();
            List<String> faults = faults(entry.getKey(), run);
            if (faults.isEmpty() && reference != null) {
                faults = differences(reference, runs.get(reference), entry.getKey(), run);
            }
            if (faults.isEmpty() && reference == null) {
                reference = entry.getKey();
            }
            details.put(entry.getKey(), withErrors(faults, run));
        }
        return details;
    }

    private List<String> faults(String language, RunResult run) {
        List<String> faults = new ArrayList<>();
        if (!run.trouble().isEmpty()) {
            faults.add(run.trouble());
        }
        Optional<List<String>> expected = program.expected();
        if (expected.isEmpty() && program.invariants().isEmpty()) {
            return faults; // nothing is known of it
        }
        run.exitCode().stream().filter(code -> code != 0)
                .forEach(code -> faults.add("exit code " + describe(code) + ", not 0"));
        if (!errors(run).isEmpty()) {
            faults.add("stderr is not empty");
        }
        List<String> lines = Normaliser.lines(run.stdout());
        if (expected.isEmpty() || !lines.isEmpty()) { // of no lines the difference says enough
            faults.addAll(violations(lines));
        }
        expected.flatMap(wanted -> difference("- expected", wanted, language, run)).ifPresent(faults::add);
        return faults;
    }

    private List<String> violations(List<String> lines) {
        List<String> violations = new ArrayList<>();
        for (Invariant invariant : program.invariants()) {
            invariant.violation(lines).ifPresent(
                    what -> violations.add("violated: " + invariant.name() + "\n  " + LineDiff.visible(what)));
        }
        return violations;
    }

    private List<String> differences(String other, RunResult otherRun, String language, RunResult run) {
        List<String> faults = new ArrayList<>();
        if (!run.exitCode().equals(otherRun.exitCode())) {
            run.exitCode().ifPresent(code -> faults.add("exit code " + describe(code) + ", not "
                    + describe(otherRun.exitCode().orElse(0)) + " as " + other));
        }
        difference("- " + other, program.normaliser().apply(otherRun.stdout()), language, run).ifPresent(faults::add);
        return faults;
    }

    private Optional<String> difference(String left, List<String> wanted, String language, RunResult run) {
        List<String> diff = LineDiff.of(wanted, program.normaliser().apply(run.stdout()));
        return diff.isEmpty() ? Optional.empty()
                : Optional.of("output (normalised; " + left + ", + " + language + "):\n"
                        + String.join("\n", diff).indent(2).stripTrailing());
    }

    private static String withErrors(List<String> faults, RunResult run) {
        String errors = errors(run);
        if (faults.isEmpty() || errors.isEmpty()) {
            return String.join("\n", faults);
        }
        List<String> lines = errors.lines().toList();
        List<String> tail = lines.subList(Math.max(0, lines.size() - STDERR_TAIL), lines.size());
        String heading = tail.size() == lines.size() ? "stderr:" : "stderr, last " + STDERR_TAIL + " lines:";
        String text = tail.stream().map(line -> "\n  " + LineDiff.visible(line.replace("\t", "    ")))
                .collect(Collectors.joining());
        return String.join("\n", faults) + '\n' + heading + text;
    }

    private static String errors(RunResult run) {
        return JVM_NOTE.matcher(run.stderr()).replaceAll("");
    }

    private static String describe(int code) {
        return code > SIGNAL_BASE ? code + " (" + SIGNAL_BASE + " + signal " + (code - SIGNAL_BASE) + ')'
                : Integer.toString(code);
    }
}
