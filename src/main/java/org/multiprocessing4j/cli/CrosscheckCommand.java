package org.multiprocessing4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.multiprocessing4j.cli.crosscheck.Candidate;
import org.multiprocessing4j.cli.crosscheck.Catalog;
import org.multiprocessing4j.cli.crosscheck.Crosscheck;
import org.multiprocessing4j.cli.crosscheck.Language;
import org.multiprocessing4j.cli.crosscheck.Launcher;
import org.multiprocessing4j.cli.crosscheck.OwnCommands;
import org.multiprocessing4j.cli.crosscheck.Program;
import org.multiprocessing4j.cli.crosscheck.ProgramRunner;
import org.multiprocessing4j.cli.crosscheck.Report;
import org.multiprocessing4j.cli.crosscheck.Row;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code mp4j crosscheck}: runs the example programs in Java, C++ and Python, and tells whether their outputs mean the
 * same; or does so with commands of the user.
 *
 * <p>Exit code 0 when all agree; 1 when something failed, nothing could be compared, or, with {@code --strict},
 * something was skipped; 2 for bad usage.
 */
@Command(
        name = "crosscheck",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs the example programs in Java, C++ and Python's own multiprocessing, and compares what they print.",
            "",
            "Process ids, thread ids and whatever else may differ from run to run is taken out first. What is left "
                    + "must be the same in all languages and as the catalog of examples expects; lines whose order the "
                    + "scheduler decides are compared as a multiset or process by process. Invariants, such as that no "
                    + "count is lost and no critical section interleaved, are checked on the output as it was printed.",
            "",
            "A program that does not end in time is killed with all its processes; before that its process tree and "
                    + "the threads of its JVMs are recorded.",
            ""
        },
        footer = {
            "",
            "Exit code: 0 all agree; 1 something does not; 2 bad usage.",
            "",
            "Examples:",
            "  mp4j crosscheck",
            "  mp4j crosscheck 10 13_orphan --lang java,python",
            "  mp4j crosscheck --start-method fork",
            "  mp4j crosscheck --cmd java='java -jar a.jar' --cmd py='python3 a.py' \\",
            "      --normalise pids,sort --mask 'worker-\\d+=worker'"
        })
public final class CrosscheckCommand implements Callable<Integer> {
    private static final int FAILURE = 1;
    private static final double MAX_SECONDS = 86_400;

    @Parameters(
            paramLabel = "NAME",
            arity = "0..*",
            description = "Programs to check: a name, or what stands before its first underscore. All if none is "
                    + "named; 'mp4j examples' lists them.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--lang",
            paramLabel = "LANGUAGE",
            split = ",",
            description = "Languages to run: java, cpp, python. All if none is named.")
    private List<String> languages = new ArrayList<>();

    @Option(names = "--json", description = "Print one JSON array on standard output: an object for each program and "
            + "language, with program, language, verdict, seconds and detail.")
    private boolean json;

    @Option(names = "--strict", description = "Fail if a program was skipped, for instance because there is no Python.")
    private boolean strict;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "The longest time that one program may take in one language; default: ${DEFAULT-VALUE}.")
    private double timeout;

    @Option(
            names = "--python",
            paramLabel = "PATH",
            defaultValue = "python3",
            description = "The Python to run, 3.8 or newer; default: ${DEFAULT-VALUE} on PATH.")
    private String python;

    @Option(
            names = "--start-method",
            paramLabel = "METHOD",
            description = "How the Java programs start their processes: forkserver, fork or spawn; by default as the "
                    + "library does here. It applies to Java alone: the C++ programs always fork, the Python programs "
                    + "keep Python's own default.")
    private String startMethod;

    @Option(
            names = "--cmd",
            paramLabel = "NAME=COMMAND",
            description = "Instead of the examples, compare commands of your own, run by bash -c in this directory. "
                    + "Give it twice or more: each is compared with the first that ends in time. Exit codes are "
                    + "compared too, standard error is not.")
    private List<String> commands = new ArrayList<>();

    @Option(
            names = "--normalise",
            paramLabel = "RULE",
            split = ",",
            description = {
                "What to take out of the commands' outputs first:",
                "pids: numbers behind words such as pid, process id and child become <P1>, <P2> ..., a number the "
                        + "same each time;",
                "times: dates, times and durations with a unit become <T>;",
                "numbers: any other number becomes <N>;",
                "sort: the order of lines is not compared."
            })
    private List<String> rules = new ArrayList<>();

    @Option(
            names = "--mask",
            paramLabel = "REGEX=TEXT",
            description = "Put TEXT in place of what matches in the commands' outputs, before all rules; $1 is the "
                    + "first group. May be repeated; the last equals sign divides.")
    private List<String> masks = new ArrayList<>();

    @Spec
    private CommandSpec spec;

    /** Creates the command for picocli to fill in. */
    public CrosscheckCommand() {
    }

    /** Runs, compares and prints; blocks as long as the programs take. */
    @Override
    public Integer call() throws IOException, InterruptedException {
        try {
            Report report = new Report(check());
            print(report);
            return report.isGood(strict) ? 0 : FAILURE;
        } catch (UsageException e) {
            spec.commandLine().getErr().println("mp4j crosscheck: " + e.getMessage());
            return UsageException.EXIT_CODE;
        }
    }

    private List<Row> check() throws UsageException, IOException, InterruptedException {
        if (!(timeout > 0 && timeout <= MAX_SECONDS)) {
            throw new UsageException("--timeout must be more than 0 and at most " + (long) MAX_SECONDS + " seconds");
        }
        if (!commands.isEmpty()) {
            return checkCommands();
        }
        if (!rules.isEmpty() || !masks.isEmpty()) {
            throw new UsageException("--normalise and --mask are for --cmd; the examples have rules of their own");
        }
        return checkExamples();
    }

    private List<Row> checkCommands() throws UsageException, IOException, InterruptedException {
        if (!names.isEmpty() || !languages.isEmpty() || startMethod != null) {
            throw new UsageException("--cmd goes with neither program names nor --lang nor --start-method");
        }
        List<Candidate> candidates;
        Program program;
        try {
            candidates = OwnCommands.candidates(commands);
            program = OwnCommands.program(rules, masks);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        }
        try (ProgramRunner runner = new ProgramRunner()) {
            return run(Map.of(program, candidates), runner, candidates.size());
        }
    }

    private List<Row> checkExamples() throws UsageException, IOException, InterruptedException {
        Set<Program> programs = new LinkedHashSet<>();
        for (String name : names) {
            programs.addAll(UsageException.programs(name));
        }
        if (names.isEmpty()) {
            programs.addAll(Catalog.programs());
        }
        Set<Language> chosen = new LinkedHashSet<>();
        for (String language : languages) {
            chosen.add(UsageException.language(language));
        }
        if (languages.isEmpty()) {
            chosen.addAll(List.of(Language.values()));
        }
        Optional<String> method = UsageException.startMethod(startMethod, chosen);
        Launcher launcher = new Launcher(Path.of(UsageException.home()), python, method);
        try (ProgramRunner runner = new ProgramRunner()) {
            Map<Program, List<Candidate>> candidates = new LinkedHashMap<>();
            for (Program program : programs) {
                List<Candidate> versions = new ArrayList<>();
                for (Language language : chosen) {
                    versions.add(launcher.candidate(program, language, runner));
                }
                candidates.put(program, versions);
            }
            return run(candidates, runner, programs.size() * chosen.size());
        }
    }

    private List<Row> run(Map<Program, List<Candidate>> candidates, ProgramRunner runner, int steps)
            throws IOException, InterruptedException {
        if (!Terminal.showsProgress()) {
            return run(candidates, runner, step -> { });
        }
        try (ProgressBar bar = new ProgressBarBuilder().setTaskName("crosscheck").setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII).clearDisplayOnFinish().build()) {
            AtomicInteger done = new AtomicInteger();
            return run(candidates, runner, step -> bar.setExtraMessage(step).stepTo(done.getAndIncrement()));
        }
    }

    private List<Row> run(Map<Program, List<Candidate>> candidates, ProgramRunner runner, Consumer<String> progress)
            throws IOException, InterruptedException {
        Duration limit = Duration.ofMillis(Math.max(1, (long) (timeout * 1000)));
        Crosscheck crosscheck = new Crosscheck(runner, limit, progress);
        List<Row> rows = new ArrayList<>();
        for (Map.Entry<Program, List<Candidate>> entry : candidates.entrySet()) {
            rows.addAll(crosscheck.check(entry.getKey(), entry.getValue()));
        }
        return rows;
    }

    private void print(Report report) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(report.json());
            out.flush();
            spec.commandLine().getErr().println(report.summary());
        } else {
            report.print(out, Terminal.colours());
        }
    }
}
