package org.multiprocessing4j.cli.processes;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * The processes of one run of a program, orphans included: descendants of the first process, members of its session,
 * those with the run's mark in their environment, and those that hold one of its output streams.
 */
public final class RunScope {
    /** The environment variable that marks every process of a run. */
    public static final String MARK = "MP4J_RUN";

    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
    private static final long POLL_NANOS = Duration.ofMillis(10).toNanos();

    private final String mark;
    private final List<Path> streams;
    private volatile long leader = -1;

    /**
     * Begins a scope.
     *
     * @param runId what {@link #MARK} says in the environment of the run's processes
     * @param streams the files that the run's output goes to
     */
    public RunScope(String runId, List<Path> streams) {
        this.mark = MARK + '=' + runId;
        this.streams = streams;
    }

    /** Says which process is the run's first; it is the leader of its session. */
    public void leader(long pid) {
        leader = pid;
    }

    /** The run's processes that live now, zombies left out, parents before their children. */
    public List<ProcessInfo> members() throws IOException {
        List<ProcessInfo> all = ProcessInfo.all();
        Set<Long> pids = new HashSet<>();
        long self = ProcessHandle.current().pid();
        for (ProcessInfo process : all) {
            if (process.pid() != self && belongs(process)) {
                pids.add(process.pid());
            }
        }
        boolean grown;
        do {
            grown = addChildren(all, pids);
        } while (grown);
        return all.stream().filter(process -> pids.contains(process.pid()) && !process.isZombie()).toList();
    }

    private boolean belongs(ProcessInfo process) {
        return process.pid() == leader || process.session() == leader || process.hasEnvironment(mark)
                || process.holds(streams);
    }

    private static boolean addChildren(List<ProcessInfo> all, Set<Long> pids) {
        boolean added = false;
        for (ProcessInfo process : all) {
            if (pids.contains(process.parent())) {
                added |= pids.add(process.pid());
            }
        }
        return added;
    }

    /** Waits until no process of the run lives; returns those that still do when the time is up. */
    public List<ProcessInfo> awaitGone(Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        List<ProcessInfo> left = members();
        while (!left.isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(POLL_NANOS);
            left = members();
        }
        return left;
    }

    /**
     * Kills every process of the run, those too that are forked meanwhile.
     *
     * @throws IOException if some cannot be killed
     */
    public void killAll() throws IOException {
        long deadline = System.nanoTime() + KILL_LIMIT.toNanos();
        List<ProcessInfo> left = members();
        while (!left.isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("these processes survive SIGKILL: " + describe(left));
            }
            left.forEach(process -> ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly));
            LockSupport.parkNanos(POLL_NANOS);
            left = members();
        }
    }

    /** The processes as a tree, one a line: pid, state, kernel function waited in, command. */
    public static String describe(List<ProcessInfo> processes) {
        Set<Long> pids = new HashSet<>();
        processes.forEach(process -> pids.add(process.pid()));
        List<String> lines = new ArrayList<>();
        for (ProcessInfo process : processes) {
            if (!pids.contains(process.parent())) {
                describe(process, processes, "", lines);
            }
        }
        return String.join("\n", lines);
    }

    private static void describe(ProcessInfo process, List<ProcessInfo> all, String indent, List<String> lines) {
        String wait = process.waitsIn().map(name -> " (" + name + ")").orElse("");
        lines.add(indent + process.pid() + "  " + process.state() + wait + "  " + process.command());
        for (ProcessInfo child : all) {
            if (child.parent() == process.pid()) {
                describe(child, all, indent + "  ", lines);
            }
        }
    }
}
