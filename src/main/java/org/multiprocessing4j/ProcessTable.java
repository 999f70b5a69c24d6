package org.multiprocessing4j;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.posix.Posix;

/** What a process knows of itself, its parent and its children: the globals of CPython's process.py. */
final class ProcessTable {

    private static final int AUTHKEY_BYTES = 32;

    private static final AtomicInteger COUNTER = new AtomicInteger();

    /** Another object after a live fork: the parent's may have been locked, and are not this process's children. */
    private static Set<Process> children = new LinkedHashSet<>();

    /** The process that the fields here are of; see {@link Jvm#generation()}. */
    private static int generation;

    private static volatile Process current;
    private static volatile ParentProcess parent;
    private static boolean exitRegistered;

    private ProcessTable() {}

    /** The process that this is. */
    static Process current() {
        Process here = current;
        return here != null ? here : mainProcess();
    }

    private static synchronized Process mainProcess() {
        if (current == null) {
            byte[] authkey = new byte[AUTHKEY_BYTES];
            new SecureRandom().nextBytes(authkey);
            current = new MainProcess(authkey);
        }
        return current;
    }

    /** The first process of a program. Mirrors {@code process._MainProcess}. */
    private static final class MainProcess extends Process {
        private static final long serialVersionUID = 1L;

        MainProcess(byte[] authkey) {
            super("MainProcess", authkey, new int[0]);
        }

        @Override
        public void close() {
            // As Python's: the main process outlives whoever would close it.
        }
    }

    /** In a child: this is {@code process}, and {@code parent} started it. */
    static void become(Process process, ParentProcess parent) {
        current = process;
        ProcessTable.parent = parent;
    }

    static Process parent() {
        return parent;
    }

    static int[] nextIdentity() {
        int[] mine = current().identity();
        int[] next = Arrays.copyOf(mine, mine.length + 1);
        next[mine.length] = COUNTER.incrementAndGet();
        return next;
    }

    private static synchronized Set<Process> children() {
        if (generation != Jvm.generation()) {
            generation = Jvm.generation();
            children = new LinkedHashSet<>();
            exitRegistered = false;
        }
        return children;
    }

    static void add(Process child) {
        Set<Process> mine = children();
        synchronized (mine) {
            mine.add(child);
        }
    }

    static void remove(Process child) {
        Set<Process> mine = children();
        synchronized (mine) {
            mine.remove(child);
        }
    }

    /** The children that run; reaps those that ended. */
    static List<Process> activeChildren() {
        Set<Process> mine = children();
        List<Process> all;
        synchronized (mine) {
            all = List.copyOf(mine);
        }
        return all.stream().filter(Process::isAlive).toList();
    }

    /** Sees to it that this process's end is its children's, or waits for theirs. */
    static synchronized void registerExit() {
        children();
        if (!exitRegistered) {
            Runtime.getRuntime().addShutdownHook(new Thread(ProcessTable::finishChildren, "multiprocessing exit"));
            exitRegistered = true;
        }
    }

    /** Mirrors {@code util._exit_function}: daemons are terminated, then all children are joined. */
    private static void finishChildren() {
        SpawnStandby.end();
        List<Process> children = activeChildren();
        children.stream().filter(Process::daemon).forEach(Process::terminate);
        boolean signalled = endedBySignal();
        for (Process child : children) {
            // A program that a signal ends does not wait: Python's would be gone at once.
            if (!signalled || child.daemon()) {
                child.join();
            }
        }
    }

    /** Whether a signal ends this JVM, and not the return of main or System.exit: the JDK names a thread after it. */
    private static boolean endedBySignal() {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        while (group.getParent() != null) {
            group = group.getParent();
        }
        Thread[] threads = new Thread[group.activeCount() + 64];
        int count = group.enumerate(threads, false);
        for (int i = 0; i < count; i++) {
            if (threads[i].getName().matches("SIG(TERM|INT|HUP) handler")) {
                return true;
            }
        }
        return false;
    }

    /** A process that a child was started by. Mirrors {@code process._ParentProcess}. */
    static final class ParentProcess extends Process {
        private static final long serialVersionUID = 1L;

        private final long pid;
        private final int sentinel;

        ParentProcess(String name, long pid, int sentinel, byte[] authkey) {
            super(name, authkey, new int[0]);
            this.pid = pid;
            this.sentinel = sentinel;
        }

        @Override
        public boolean isAlive() {
            return !join(Duration.ZERO);
        }

        @Override
        public boolean join(Duration timeout) {
            return Posix.waitReadable(sentinel, timeout);
        }

        @Override
        public Long pid() {
            return pid;
        }

        @Override
        public int sentinel() {
            return sentinel;
        }
    }
}
