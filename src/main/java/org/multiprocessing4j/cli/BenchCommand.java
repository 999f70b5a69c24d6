package org.multiprocessing4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.multiprocessing4j.cli.bench.Bench;
import org.multiprocessing4j.cli.bench.BenchException;
import org.multiprocessing4j.cli.bench.CPython;
import org.multiprocessing4j.cli.bench.Figure;
import org.multiprocessing4j.cli.bench.Figures;
import org.multiprocessing4j.cli.bench.Installation;
import org.multiprocessing4j.cli.bench.Pace;
import org.multiprocessing4j.cli.bench.Progress;
import org.multiprocessing4j.cli.bench.Report;
import org.multiprocessing4j.cli.bench.Result;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code mp4j bench}: measures this library beside CPython's multiprocessing and beside plain C++.
 *
 * <p>Exit code 0 when everything was measured, whether targets are met or not; 1 when a peer failed; 2 for bad usage.
 */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures the same work in Java through this library, in CPython's multiprocessing and in C++ "
                + "(the limit).")
public final class BenchCommand implements Callable<Integer> {
    private static final int FAILURE = 1;

    @Parameters(paramLabel = "GROUP", arity = "0..*", description = "What to measure; all groups if none is named.")
    private List<String> groups = new ArrayList<>();

    @Option(names = "--quick", description = "Few and short rounds: a look, no result.")
    private boolean quick;

    @Option(names = "--json", description = "Print the medians as a JSON array.")
    private boolean json;

    @Option(
            names = "--python",
            paramLabel = "PATH",
            description = "The CPython to compare with; else the fastest that is found.")
    private Path python;

    @Spec
    private CommandSpec spec;

    /** Creates the command for picocli to fill in. */
    public BenchCommand() {}

    /** Measures and prints; blocks for some seconds per figure. */
    @Override
    public Integer call() throws IOException, InterruptedException {
        rejectUnknownGroups();
        PrintWriter err = spec.commandLine().getErr();
        try {
            measure(err);
            return 0;
        } catch (BenchException e) {
            err.println("mp4j bench: " + e.getMessage());
            return FAILURE;
        }
    }

    private void rejectUnknownGroups() {
        List<String> known = Figures.groups();
        for (String group : groups) {
            if (!known.contains(group)) {
                throw new ParameterException(
                        spec.commandLine(), "unknown group '" + group + "'; groups: " + String.join(", ", known));
            }
        }
    }

    private void measure(PrintWriter err) throws BenchException, IOException, InterruptedException {
        Installation installation = new Installation(Path.of(System.getProperty("mp4j.home", "")).toAbsolutePath());
        CPython.Choice choice = choosePython(installation.pythonProbe());
        Bench bench = new Bench(installation.commands(choice.chosen()), quick ? Pace.QUICK : Pace.FULL);
        List<Figure> figures = Figures.of(groups);
        List<Result> results;
        try (Progress progress = Progress.show(Terminal.showsProgress(), bench.steps(figures), err)) {
            results = bench.run(figures, progress);
        }
        print(results, choice, err);
    }

    private CPython.Choice choosePython(Path probe) throws BenchException, IOException, InterruptedException {
        if (python == null) {
            return CPython.fastest(CPython.candidates(System.getenv()), probe);
        }
        return new CPython.Choice(Optional.of(CPython.measure(python, probe)), 1, List.of());
    }

    private void print(List<Result> results, CPython.Choice choice, PrintWriter err) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            err.println(choice.describe());
            out.println(Json.write(Report.objects(results)));
        } else {
            Report.table(results).forEach(out::println);
            out.println();
            out.println("java:   " + System.getProperty("java.vm.name") + " " + Runtime.version());
            out.println("python: " + choice.describe());
        }
    }
}
