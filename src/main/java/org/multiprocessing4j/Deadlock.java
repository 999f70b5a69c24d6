package org.multiprocessing4j;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Threads, of whatever processes, that wait in a circle: each for a lock that the next one holds, and the last for one
 * of the first. Found by {@link Multiprocessing#deadlocks()}, and by those that wait.
 *
 * <p>A circle of one is a thread that waits for a {@link Lock} that it holds itself. Through {@link RLock}s a deadlock
 * is for ever; a Lock may be released by anybody, so that it is a suspicion there, if mostly a justified one.
 *
 * @param members those that wait, in the order of the circle
 */
public record Deadlock(List<Member> members) implements Serializable {

    /**
     * One of those that wait.
     *
     * @param pid its process
     * @param process the process's name, if it is this one, its parent or one of its children; else null
     * @param thread {@link Thread#getId()}, or the negative id that the kernel knows a thread of a C++ program by
     * @param threadName the thread's name, null if it cannot be had
     * @param lock the name of the lock that it waits for; empty if that has none
     * @param address where that lock lies, as {@code mp4j locks} shows it
     * @param stack where it waits, innermost first; empty if that cannot be had: another process's stacks are asked for
     *     with the JDK's jcmd
     */
    public record Member(
            int pid, String process, long thread, String threadName, String lock, String address,
            List<StackTraceElement> stack)
            implements Serializable {

        private String waiter() {
            String name = threadName == null ? "" : " (" + threadName + ")";
            String called = process == null ? "" : " (" + process + ")";
            return "process " + pid + called + " thread " + Math.abs(thread) + name;
        }

        private String waitsFor() {
            return " waits for lock '" + (lock.isEmpty() ? address : lock) + "'";
        }
    }

    /** What a blocked acquire does that finds itself in a deadlock. */
    public enum Action {
        /** Waits on, and does not look for deadlocks at all. */
        IGNORE,
        /** Logs a warning, once for each wait, to the logger {@code org.multiprocessing4j}, and waits on. */
        LOG,
        /** Throws a {@link DeadlockException}; where several of the circle would, the one that came last. */
        THROW
    }

    /** A copy of the list. */
    public Deadlock {
        members = List.copyOf(members);
    }

    /**
     * Sets what a blocked acquire of this process does about a deadlock; at first it logs. That of a {@link
     * Condition}'s lock after a wait never throws.
     *
     * <p>A forked child inherits it. The system property {@code org.multiprocessing4j.deadlock} ({@code ignore}, {@code
     * log}, {@code throw}) sets it for a program and all its children.
     */
    public static void setAction(Action action) {
        setAction(action, DeadlockWatch.DEFAULT_AFTER);
    }

    /**
     * Sets what a blocked acquire of this process does about a deadlock, and when.
     *
     * @param after how long it has been blocked then; at first a second. It is not worth while below 50 ms, when those
     *     that wait leave their marks
     */
    public static void setAction(Action action, Duration after) {
        DeadlockWatch.set(action, after);
    }

    /** {@code <Deadlock: process 7 (MainProcess) thread 1 (main) waits for lock 'a' held by process 8 thread 1, …>}. */
    @Override
    public String toString() {
        return IntStream.range(0, members.size()).mapToObj(this::describe)
                .collect(Collectors.joining(", ", "<Deadlock: ", ">"));
    }

    private String describe(int index) {
        Member member = members.get(index);
        return member.waiter() + member.waitsFor() + " held by " + members.get((index + 1) % members.size()).waiter();
    }

    /** As {@link #toString()}, with the stacks. */
    String report() {
        StringBuilder report = new StringBuilder(toString());
        for (Member member : members) {
            if (!member.stack().isEmpty()) {
                report.append("\n  ").append(member.waiter()).append(':');
                member.stack().forEach(frame -> report.append("\n    at ").append(frame));
            }
        }
        return report.toString();
    }
}
