package org.multiprocessing4j.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.cli.stress.locks.KillTally;
import org.multiprocessing4j.cli.stress.locks.KillTrial;
import org.multiprocessing4j.cli.stress.locks.Kind;
import org.multiprocessing4j.cli.stress.locks.Recruiter;
import org.multiprocessing4j.posix.Pipe;
import org.multiprocessing4j.posix.Posix;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code mp4j stress locks}: kills processes that hold locks and their like, or wait for them, at random moments.
 *
 * <p>Exit code 0 when every promise was kept; 1 when one was not; 2 for bad usage.
 */
@Command(
        name = "locks",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Kills (SIGKILL) processes that hold locks and their like, or wait for them, at random moments.",
            "",
            "Lock, RLock, Semaphore, BoundedSemaphore, Condition, Event and Barrier are each used by four processes, "
                    + "all at the same time: by Java processes, then by C++ processes, then by both. After each kill "
                    + "all the others must get on before the dead one is replaced. Never may more be inside than may "
                    + "be, no wake-up, signal or permit may get lost, and a barrier is passed by all or by nobody.",
            ""
        },
        footer = {
            "",
            "Exit code: 0 no failure; 1 a failure; 2 bad usage.",
            "",
            "Example:",
            "  mp4j stress locks --seconds 10 --lang mixed"
        })
public final class StressLocksCommand implements Callable<Integer> {
    private static final int FAILURE = 1;
    private static final double MAX_SECONDS = 600_000;
    private static final List<String> LANGUAGES = List.of("java", "cpp", "mixed");
    private static final String FORMAT = "%-6s %-17s %7s %7s %8s %10s %11s %11s %12s%n";
    private static final double NANOS_PER_MILLI = 1e6;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "60",
            description = "How long processes are killed, for each of the languages; default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(
            names = "--lang",
            paramLabel = "NAME",
            split = ",",
            description = "java, cpp, mixed. All, one after the other, if none is named.")
    private List<String> languages = new ArrayList<>();

    @Option(
            names = "--start-method",
            paramLabel = "NAME",
            description = "How Java processes are started: forkserver, fork, spawn. The default one if none is named.")
    private String startMethod;

    @Option(names = "--seed", paramLabel = "N",
            description = "Who is killed and when; another one each time if not given.")
    private Long seed;

    @Spec
    private CommandSpec spec;

    /** Creates the command for picocli to fill in. */
    public StressLocksCommand() {}

    /** Runs all trials, and prints a table. */
    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        Pipe leash = Posix.pipe();
        try {
            Map<String, Recruiter> recruiters = recruiters(leash.reader());
            long first = seed == null ? System.nanoTime() & Integer.MAX_VALUE : seed;
            out.println("seed " + first);
            out.printf(FORMAT, "lang", "object", "kills", "inside", "waiting", "rounds", "recoveries", "violations",
                    "slowest ms");
            boolean good = true;
            for (Map.Entry<String, Recruiter> entry : recruiters.entrySet()) {
                for (KillTally tally : trials(entry.getValue(), first)) {
                    print(out, entry.getKey(), tally);
                    good &= tally.good();
                }
            }
            return good ? 0 : FAILURE;
        } catch (UsageException e) {
            spec.commandLine().getErr().println("mp4j stress locks: " + e.getMessage());
            return UsageException.EXIT_CODE;
        } finally {
            Posix.close(leash.writer());
            Posix.close(leash.reader());
        }
    }

    private Map<String, Recruiter> recruiters(int leash) throws UsageException {
        if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
            throw new UsageException("--seconds must be more than 0 and at most " + (long) MAX_SECONDS);
        }
        if (startMethod != null && !Multiprocessing.getAllStartMethods().contains(startMethod)) {
            throw new UsageException("there is no start method '" + startMethod + "' here; there are: "
                    + String.join(", ", Multiprocessing.getAllStartMethods()));
        }
        Path program = Path.of(UsageException.home(), "target/cmake/stress/lock_worker");
        Recruiter java = Recruiter.java(
                startMethod == null ? Multiprocessing.getContext() : Multiprocessing.getContext(startMethod));
        Recruiter cpp = Recruiter.cpp(program, leash);
        Map<String, Recruiter> chosen = new LinkedHashMap<>();
        for (String language : languages.isEmpty() ? LANGUAGES : languages) {
            chosen.put(language, switch (language.toLowerCase(Locale.ROOT)) {
                case "java" -> java;
                case "cpp" -> cpp;
                case "mixed" -> Recruiter.mixed(java, cpp);
                default -> throw new UsageException(
                        "there is no language '" + language + "'; there are: " + String.join(", ", LANGUAGES));
            });
        }
        if (!chosen.keySet().equals(Set.of("java")) && !Files.isExecutable(program)) {
            throw new UsageException(program + " is missing: run mvn -DskipTests package first");
        }
        return chosen;
    }

    /** One for each kind, at the same time. */
    private List<KillTally> trials(Recruiter recruiter, long first) throws InterruptedException {
        Duration time = Duration.ofMillis(Math.max(1, (long) (seconds * 1000)));
        ExecutorService threads = Executors.newFixedThreadPool(Kind.values().length);
        try {
            List<Future<KillTally>> running = Arrays.stream(Kind.values())
                    .map(kind -> new KillTrial(kind, recruiter, time, first + kind.ordinal()))
                    .map(trial -> threads.submit(trial::run))
                    .toList();
            List<KillTally> tallies = new ArrayList<>();
            for (Future<KillTally> trial : running) {
                tallies.add(trial.get());
            }
            return tallies;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            threads.shutdown();
        }
    }

    private static void print(PrintWriter out, String language, KillTally tally) {
        out.printf(FORMAT, language, tally.kind().title(), tally.kills(), tally.killedInside(), tally.killedWaiting(),
                tally.rounds(), tally.recoveries(), tally.violations(),
                String.format(Locale.ROOT, "%.1f", tally.slowest().toNanos() / NANOS_PER_MILLI));
        if (tally.trouble() != null) {
            out.println("FAILED: " + tally.kind().title() + ": " + tally.trouble());
        }
        out.flush();
    }
}
