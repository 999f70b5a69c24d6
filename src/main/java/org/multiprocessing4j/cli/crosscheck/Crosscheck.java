package org.multiprocessing4j.cli.crosscheck;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Runs programs in all their languages, one after the other, and judges what they print. */
public final class Crosscheck {
    private final ProgramRunner runner;
    private final Duration limit;
    private final Consumer<String> progress;

    /**
     * Makes a cross-check.
     *
     * @param runner runs the programs
     * @param limit the longest time that one run may take
     * @param progress is told "program (language)" before each run
     */
    public Crosscheck(ProgramRunner runner, Duration limit, Consumer<String> progress) {
        this.runner = runner;
        this.limit = limit;
        this.progress = progress;
    }

    /**
     * Cross-checks one program.
     *
     * @param program the program
     * @param candidates the program in each language; their languages differ
     * @return a row for each candidate, in the same order
     * @throws IOException if processes of a program cannot be seen or killed
     * @throws InterruptedException if the thread is interrupted; the program that ran has been killed then
     */
    public List<Row> check(Program program, List<Candidate> candidates) throws IOException, InterruptedException {
        Map<String, RunResult> runs = new LinkedHashMap<>();
        for (Candidate candidate : candidates) {
            progress.accept(program.name() + " (" + candidate.language() + ')');
            if (candidate.isRunnable()) {
                runs.put(candidate.language(), runner.run(candidate.command(), candidate.directory(), limit));
            }
        }
        Map<String, String> details = new Judge(program).judge(runs);
        List<Row> rows = new ArrayList<>();
        for (Candidate candidate : candidates) {
            rows.add(row(program, candidate, runs.get(candidate.language()), details.get(candidate.language())));
        }
        return rows;
    }

    private static Row row(Program program, Candidate candidate, RunResult run, String detail) {
        if (run == null) {
            return new Row(program.name(), candidate.language(), candidate.hindrance(), 0, candidate.reason());
        }
        Row.Verdict verdict = detail.isEmpty() ? Row.Verdict.PASSED : Row.Verdict.FAILED;
        return new Row(program.name(), candidate.language(), verdict, run.seconds(), detail);
    }
}
