package org.multiprocessing4j.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.multiprocessing4j.cli.locks.LockTable;
import org.multiprocessing4j.cli.locks.LockUse;
import org.multiprocessing4j.cli.locks.Survey;
import org.multiprocessing4j.posix.OSException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code mp4j locks PID}: who holds what and who waits for it, in a process and all that it shares locks with.
 *
 * <p>Exit code 0; 1 if there is a deadlock, or nothing could be read; 2 for bad usage.
 */
@Command(
        name = "locks",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Shows who holds locks and who waits for them: in a process, in those that share locks with it, and so on.",
            "Stops and changes nothing. Whoever waits shows after some 50 ms, holders of semaphores where these are",
            "tracked (taken by hold(), or std::lock_guard). Negative threads are the kernel's.",
            ""
        },
        footer = {"", "Example:", "  mp4j locks 4711"})
public final class LocksCommand implements Callable<Integer> {
    private static final int FAILURE = 1;

    @Parameters(paramLabel = "PID", description = "The process: a Java or a C++ program.")
    private int pid;

    @Option(names = "--json", description = "Prints an array of objects instead of a table.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** Creates the command for picocli to fill in. */
    public LocksCommand() {
    }

    /** Prints what there is at this moment. */
    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try {
            Survey survey = Survey.of(pid);
            if (json) {
                out.println(Json.write(survey.uses().stream().map(LockUse::toMap).toList()));
            } else {
                LockTable.lines(survey.uses()).forEach(out::println);
                survey.deadlocks().forEach(out::println);
            }
            out.flush();
            return survey.deadlocks().isEmpty() ? 0 : FAILURE;
        } catch (OSException e) {
            spec.commandLine().getErr().println("mp4j locks: process " + pid + ": " + e.getMessage());
            return FAILURE;
        }
    }
}
