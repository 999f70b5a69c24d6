package org.multiprocessing4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.multiprocessing4j.cli.stress.Collector;
import org.multiprocessing4j.cli.stress.Jdk;
import org.multiprocessing4j.cli.stress.Plan;
import org.multiprocessing4j.cli.stress.Progress;
import org.multiprocessing4j.cli.stress.Report;
import org.multiprocessing4j.cli.stress.Tally;
import org.multiprocessing4j.cli.stress.Trial;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code mp4j stress}: forks running JVMs thousands of times, with every collector and JDK there is.
 *
 * <p>Exit code 0 when nothing failed; 1 when something did, or when nothing was forked; 2 for bad usage.
 */
@Command(
        name = "stress",
        mixinStandardHelpOptions = true,
        subcommands = StressLocksCommand.class,
        sortOptions = false,
        description = {
            "Forks running JVMs again and again, and has each child prove that it is a whole JVM.",
            "",
            "For each JDK and collector a JVM of its own makes children: by fork() itself and by the start methods "
                    + "that fork, first at rest and then while its threads allocate, compile, load classes, print, "
                    + "take locks and start threads. Each child collects garbage, compiles, loads classes, uses "
                    + "threads, locks and timers, runs programs, forks again or is terminated, and ends with the exit "
                    + "code "
                    + "that it was given. A JVM with ZGC must refuse to be forked.",
            "",
            "When a child or the JVM itself hangs, the tree of processes and the stacks of all threads are printed, "
                    + "and all of it is killed; that counts as a failure.",
            ""
        },
        footer = {
            "",
            "Exit code: 0 no failure; 1 a failure; 2 bad usage.",
            "",
            "Examples:",
            "  mp4j stress",
            "  mp4j stress --minutes 30",
            "  mp4j stress locks",
            "  mp4j stress --collector serial,g1 --forks 10000 --jdk /usr/lib/jvm/java-17-openjdk-amd64"
        })
public final class StressCommand implements Callable<Integer> {
    private static final int FAILURE = 1;
    private static final int DEFAULT_FORKS = 1_000;
    private static final double MAX_MINUTES = 10_000;
    private static final double SECONDS_PER_MINUTE = 60;
    private static final double MAX_SECONDS = 3_600;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            description = "How long all of it may take; each JDK and collector gets an equal part.")
    private Double minutes;

    @Option(
            names = "--forks",
            paramLabel = "N",
            description = "How many children each JDK and collector makes; default: " + DEFAULT_FORKS
                    + ", or as many as --minutes allows.")
    private Integer forks;

    @Option(
            names = "--collector",
            paramLabel = "NAME",
            split = ",",
            description = "Collectors to test: serial, parallel, g1, shenandoah, zgc. All if none is named.")
    private List<String> collectors = new ArrayList<>();

    @Option(
            names = "--jdk",
            paramLabel = "PATH",
            split = ",",
            description = "JDKs to test with, 17 or newer. If none is named: this one, that of JAVA_HOME and those in "
                    + "/usr/lib/jvm, one of each release.")
    private List<Path> jdks = new ArrayList<>();

    @Option(
            names = "--deadline",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long a child may take before it counts as hanging; default: ${DEFAULT-VALUE}.")
    private double deadline;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Chooses the tasks; another one each time if it is not given.")
    private Long seed;

    @Spec
    private CommandSpec spec;

    /** Creates the command for picocli to fill in. */
    public StressCommand() {}

    /** Runs all trials, one after the other, and prints the table. */
    @Override
    public Integer call() throws IOException, InterruptedException {
        try {
            List<Tally> tallies = run(chosenJdks(), chosenCollectors());
            PrintWriter out = spec.commandLine().getOut();
            out.println("Times of the call that makes a child: median / 99th percentile.");
            Report.table(tallies).forEach(out::println);
            out.flush();
            int failures = tallies.stream().mapToInt(Tally::failures).sum();
            boolean forked = tallies.stream().anyMatch(tally -> tally.successes() > 0);
            return failures == 0 && forked ? 0 : FAILURE;
        } catch (UsageException e) {
            spec.commandLine().getErr().println("mp4j stress: " + e.getMessage());
            return UsageException.EXIT_CODE;
        }
    }

    private List<Collector> chosenCollectors() throws UsageException {
        List<Collector> chosen = new ArrayList<>();
        for (String name : collectors) {
            chosen.add(Collector.byId(name).orElseThrow(() -> new UsageException(
                    "there is no collector '" + name + "'; there are: " + Collector.ids())));
        }
        return chosen.isEmpty() ? List.of(Collector.values()) : chosen;
    }

    private List<Jdk> chosenJdks() throws UsageException, IOException {
        List<Jdk> chosen = new ArrayList<>();
        for (Path path : jdks) {
            chosen.add(Jdk.at(path).orElseThrow(() -> new UsageException(
                    "there is no JDK, 17 or newer, in " + path)));
        }
        return chosen.isEmpty() ? Jdk.installed() : chosen;
    }

    private Plan plan(int trials) throws UsageException {
        if (minutes != null && !(minutes > 0 && minutes <= MAX_MINUTES)) {
            throw new UsageException("--minutes must be more than 0 and at most " + (long) MAX_MINUTES);
        }
        if (forks != null && forks < 1) {
            throw new UsageException("--forks must be at least 1");
        }
        if (!(deadline > 0 && deadline <= MAX_SECONDS)) {
            throw new UsageException("--deadline must be more than 0 and at most " + (long) MAX_SECONDS + " seconds");
        }
        double share = (minutes == null ? MAX_MINUTES : minutes / trials) * SECONDS_PER_MINUTE;
        int unlimited = minutes == null ? DEFAULT_FORKS : Integer.MAX_VALUE;
        return new Plan(forks == null ? unlimited : forks, seconds(share), seconds(deadline),
                seed == null ? System.nanoTime() & Integer.MAX_VALUE : seed);
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis(Math.max(1, (long) (seconds * 1000)));
    }

    private List<Tally> run(List<Jdk> with, List<Collector> on)
            throws UsageException, IOException, InterruptedException {
        List<Tally> tallies = new ArrayList<>();
        Plan plan = plan(with.size() * on.size());
        try (Progress progress = Progress.show(Terminal.showsProgress(), plan, spec.commandLine().getErr())) {
            for (Jdk jdk : with) {
                for (Collector collector : on) {
                    if (jdk.has(collector)) {
                        tallies.add(trial(jdk, collector, plan, progress));
                    } else {
                        progress.missing(jdk, collector);
                    }
                }
            }
        }
        return tallies;
    }

    /** What a crash leaves is kept for the user; else the directory goes. */
    private static Tally trial(Jdk jdk, Collector collector, Plan plan, Progress progress)
            throws IOException, InterruptedException {
        Path scratch = Files.createTempDirectory("mp4j-stress-");
        try {
            progress.begin(jdk, collector);
            return new Trial(jdk, collector, plan, progress, scratch).run();
        } finally {
            tidy(scratch);
        }
    }

    private static void tidy(Path scratch) throws IOException {
        boolean crashed = false;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(scratch)) {
            for (Path file : files) {
                if (file.getFileName().toString().startsWith("hs_err_")) {
                    crashed = true;
                } else {
                    Files.delete(file);
                }
            }
        }
        if (!crashed) {
            Files.delete(scratch);
        }
    }
}
