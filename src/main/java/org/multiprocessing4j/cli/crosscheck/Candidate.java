package org.multiprocessing4j.cli.crosscheck;

import java.nio.file.Path;
import java.util.List;

/**
 * A program in one language, as it is to be run.
 *
 * @param language the language, or the name that the user gave a command
 * @param command the command line; empty if it cannot be run
 * @param directory where to run it, null for an empty directory of its own
 * @param hindrance what to report if it cannot be run: {@link Row.Verdict#SKIPPED} or {@link Row.Verdict#FAILED}
 * @param reason why it cannot be run
 */
public record Candidate(String language, List<String> command, Path directory, Row.Verdict hindrance, String reason) {
    /**
     * Makes a candidate that can be run.
     *
     * @param language its language or name
     * @param command the command line
     * @param directory where to run it, null for an empty directory of its own
     * @return the candidate
     */
    public static Candidate runnable(String language, List<String> command, Path directory) {
        return new Candidate(language, command, directory, null, "");
    }

    /**
     * Makes a candidate that cannot be run.
     *
     * @param language its language or name
     * @param verdict how to report it
     * @param reason why
     * @return the candidate
     */
    public static Candidate hindered(String language, Row.Verdict verdict, String reason) {
        return new Candidate(language, List.of(), null, verdict, reason);
    }

    boolean isRunnable() {
        return !command.isEmpty();
    }
}
