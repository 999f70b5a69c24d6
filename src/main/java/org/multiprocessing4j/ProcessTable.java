package org.multiprocessing4j;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.posix.Posix;

/** What a process knows of itself, its parent and its children: the globals of CPython's process.py. */
final class ProcessTable {

    private static final int AUTHKEY_BYTES = 32;

    /**
     * The children of a process. A live-forked child begins with another one: the parent's children are not its own,
     * and a thread of the parent may have locked what is in here.
     */
    private static final class Family {
        final int generation = Jvm.generation();
        final AtomicInteger counter = new AtomicInteger();
        final AtomicBoolean exitRegistered = new AtomicBoolean();
        final Set<Process> children = new LinkedHashSet<>();
    }

    private static final AtomicReference<Family> FAMILY = new AtomicReference<>(new Family());

    private static final AtomicReference<Process> CURRENT = new AtomicReference<>();

    private static volatile ParentProcess parent;

    private ProcessTable() {}

    /** The process that this is. */
    static Process current() {
        Process here = CURRENT.get();
        return here != null ? here : mainProcess();
    }

    private static Process mainProcess() {
        byte[] authkey = new byte[AUTHKEY_BYTES];
        new SecureRandom().nextBytes(authkey);
        CURRENT.compareAndSet(null, new MainProcess(authkey));
        return CURRENT.get();
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
        CURRENT.set(process);
        ProcessTable.parent = parent;
    }

    static ParentProcess parent() {
        return parent;
    }

    static int[] nextIdentity() {
        int[] mine = current().identity();
        int[] next = Arrays.copyOf(mine, mine.length + 1);
        next[mine.length] = family().counter.incrementAndGet();
        return next;
    }

    private static Family family() {
        Family family = FAMILY.get();
        if (family.generation != Jvm.generation()) {
            FAMILY.compareAndSet(family, new Family());
            family = FAMILY.get();
        }
        return family;
    }

    static void add(Process child) {
        Set<Process> mine = family().children;
        synchronized (mine) {
            mine.add(child);
        }
    }

    static void remove(Process child) {
        Set<Process> mine = family().children;
        synchronized (mine) {
            mine.remove(child);
        }
    }

    /** The children that run; reaps those that ended. */
    static List<Process> activeChildren() {
        Set<Process> mine = family().children;
        List<Process> all;
        synchronized (mine) {
            all = List.copyOf(mine);
        }
        return all.stream().filter(Process::runs).toList();
    }

    /**
     * Sees to it that this process's end is its children's, or waits for theirs.
     *
     * @throws IllegalStateException if this JVM ends already
     */
    static void registerExit() {
        if (family().exitRegistered.compareAndSet(false, true)) {
            Runtime.getRuntime().addShutdownHook(new Thread(ProcessTable::finishChildren, "multiprocessing exit"));
        }
    }

    /** Mirrors {@code util._exit_function}: daemons are terminated, then all children are joined. */
    private static void finishChildren() {
        SpawnStandby.instance().end();
        ForkServer.instance().end();
        List<Process> children = activeChildren();
        children.forEach(Process::terminateIfDaemon);
        // A program that a signal ends does not wait: Python's would be gone at once.
        boolean signalled = endedBySignal();
        children.forEach(child -> child.finish(signalled));
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
