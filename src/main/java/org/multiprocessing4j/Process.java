package org.multiprocessing4j;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.util.Cleaners;
import org.multiprocessing4j.util.Handover;

/**
 * A process that runs a target. Mirrors {@code multiprocessing.Process}.
 *
 * <pre>{@code
 * Process p = Process.of(Main::greet, "bob");
 * p.start();
 * p.join();
 * }</pre>
 *
 * <p>The target is a serializable function or an overridden {@link #run()}; with its arguments it is serialized to the
 * child, where shared objects are the same objects and everything else is a copy. In the child an exception that
 * leaves the target is printed on stderr and gives exit code 1; {@code System.exit(n)} gives n. Its standard input is
 * empty.
 *
 * <p>Only the process that made the object may start, join or signal it; any of its threads may. When a program ends,
 * its daemonic children are terminated and all others are joined; when it is killed its daemonic children end too.
 * After {@link #close()} every method but {@link #toString()} is an {@link IllegalStateException} "process object is
 * closed" (ValueError).
 *
 * <p>Its simple name is that of {@code java.lang.Process}: import it by name.
 */
public class Process implements AutoCloseable, Serializable {

    private static final long serialVersionUID = 1L;

    /** What a process runs: serializable, and free to throw. */
    @FunctionalInterface
    public interface Target extends Serializable {
        /** Runs in the child. */
        void run() throws Exception;
    }

    /** A target with one argument. */
    @FunctionalInterface
    public interface Target1<A> extends Serializable {
        /** Runs in the child. */
        void run(A a) throws Exception;
    }

    /** A target with two arguments. */
    @FunctionalInterface
    public interface Target2<A, B> extends Serializable {
        /** Runs in the child. */
        void run(A a, B b) throws Exception;
    }

    /** A target with three arguments. */
    @FunctionalInterface
    public interface Target3<A, B, C> extends Serializable {
        /** Runs in the child. */
        void run(A a, B b, C c) throws Exception;
    }

    /** A target with four arguments. */
    @FunctionalInterface
    public interface Target4<A, B, C, D> extends Serializable {
        /** Runs in the child. */
        void run(A a, B b, C c, D d) throws Exception;
    }

    private Target target;
    private final int[] identity;
    private final long creator;
    private String name;
    private boolean daemon;
    private byte[] authkey;
    private final StartMethod startMethod;

    private transient volatile Popen popen;
    private transient volatile boolean launched;
    private transient boolean closed;

    /** For subclasses that override {@link #run()}; they must be serializable. */
    protected Process() {
        this(builder());
    }

    /**
     * A process that will run {@code target}, and is named {@code Process-N}, in a child {@code Process-N:M}.
     *
     * @param target what to run; null for nothing
     */
    public Process(Target target) {
        this(builder().target(target));
    }

    /** A process with a name of its own; the name means nothing to the kernel. */
    public Process(String name, Target target) {
        this(builder().name(name).target(target));
    }

    private Process(Builder builder) {
        Process current = ProcessTable.current();
        this.target = builder.target;
        this.startMethod = builder.startMethod;
        this.creator = Posix.getpid();
        this.identity = ProcessTable.nextIdentity();
        this.name = builder.name != null ? builder.name : defaultName();
        this.daemon = builder.daemon != null ? builder.daemon : current.daemon;
        this.authkey = current.authkey;
    }

    /** A process as it arrives in its child. */
    Process(
            StartMethod startMethod, String name, boolean daemon, byte[] authkey, int[] identity, long creator,
            Target target) {
        this(startMethod, name, authkey, identity, creator, target);
        this.daemon = daemon;
    }

    /** The first process of a program, or the parent of this one: a process that was not made here. */
    Process(String name, byte[] authkey, int[] identity) {
        this(null, name, authkey, identity, -1, null);
    }

    private Process(
            StartMethod startMethod, String name, byte[] authkey, int[] identity, long creator, Target target) {
        this.target = target;
        this.startMethod = startMethod;
        this.creator = creator;
        this.identity = identity;
        this.name = name;
        this.authkey = authkey;
    }

    /** The class's name; Python's contexts have a class each. */
    final String kind() {
        String name = getClass() == Process.class ? "" : getClass().getSimpleName();
        if (!name.isEmpty()) {
            return name;
        }
        return startMethod == null ? "Process" : startMethod.processName();
    }

    private String defaultName() {
        StringBuilder numbers = new StringBuilder();
        for (int number : identity) {
            numbers.append(numbers.length() == 0 ? "-" : ":").append(number);
        }
        return kind() + numbers;
    }

    /** As {@link #Process(Target)}: {@code Process.of(Main::work)}. */
    public static Process of(Target target) {
        return new Process(target);
    }

    /** A process that runs {@code target} with an argument: Python's {@code Process(target=f, args=(a,))}. */
    public static <A> Process of(Target1<A> target, A a) {
        return builder().target(target, a).build();
    }

    /** A process that runs {@code target} with two arguments. */
    public static <A, B> Process of(Target2<A, B> target, A a, B b) {
        return builder().target(target, a, b).build();
    }

    /** A process that runs {@code target} with three arguments. */
    public static <A, B, C> Process of(Target3<A, B, C> target, A a, B b, C c) {
        return builder().target(target, a, b, c).build();
    }

    /** A process that runs {@code target} with four arguments. */
    public static <A, B, C, D> Process of(Target4<A, B, C, D> target, A a, B b, C c, D d) {
        return builder().target(target, a, b, c, d).build();
    }

    /** Python's keyword arguments. */
    public static Builder builder() {
        return new Builder();
    }

    /** Python's keyword arguments: what is not set has the constructor's default. */
    public static final class Builder {
        private Target target;
        private String name;
        private Boolean daemon;
        private StartMethod startMethod;

        private Builder() {}

        /** What the process runs; null for nothing, as in Python. */
        public Builder target(Target target) {
            this.target = target;
            return this;
        }

        /**
         * What the process runs, with an argument.
         *
         * @throws NullPointerException if {@code target} is null, here and with more arguments
         */
        public <A> Builder target(Target1<A> target, A a) {
            return target(new Call.Of1<>(target, a));
        }

        /** What the process runs, with two arguments. */
        public <A, B> Builder target(Target2<A, B> target, A a, B b) {
            return target(new Call.Of2<>(target, a, b));
        }

        /** What the process runs, with three arguments. */
        public <A, B, C> Builder target(Target3<A, B, C> target, A a, B b, C c) {
            return target(new Call.Of3<>(target, a, b, c));
        }

        /** What the process runs, with four arguments. */
        public <A, B, C, D> Builder target(Target4<A, B, C, D> target, A a, B b, C c, D d) {
            return target(new Call.Of4<>(target, a, b, c, d));
        }

        /** Its name; by default {@code Process-N}. */
        public Builder name(String name) {
            this.name = Objects.requireNonNull(name, "name");
            return this;
        }

        /** Whether it ends with its parent; by default as the current process. */
        public Builder daemon(boolean daemon) {
            this.daemon = daemon;
            return this;
        }

        /** How it is started; by default as {@link Multiprocessing#getStartMethod()} says when it is. */
        public Builder context(Context context) {
            this.startMethod = context.startMethod();
            return this;
        }

        /** Makes the process; it is not started. */
        public Process build() {
            return new Process(this);
        }
    }

    /**
     * What the child runs: calls the target. May be overridden, as in Python.
     *
     * @throws Exception whatever the target throws
     */
    public void run() throws Exception {
        if (target != null) {
            target.run();
        }
    }

    /**
     * Starts the child.
     *
     * @throws IllegalStateException "cannot start a process twice", "can only start a process object created by current
     *     process", "daemonic processes are not allowed to have children", "no java at …"
     * @throws IllegalArgumentException if the target or an argument is not serializable; it names the field
     * @throws UnsupportedOperationException if the start method is {@code fork}, and this JVM cannot be forked now: it
     *     says why
     * @throws OSException if no process could be made: EAGAIN, ENOMEM, EMFILE, E2BIG
     */
    public void start() {
        begin();
        try {
            ProcessTable.activeChildren(); // reaps those that ended, as CPython does here
            ProcessTable.registerExit();
            System.out.flush();
            System.err.flush();
            StartMethod method = startMethod != null ? startMethod : Multiprocessing.defaultStartMethod();
            popen = method.launch(this);
        } catch (RuntimeException | Error e) {
            launched = false;
            throw e;
        }
        Cleaners.shared().register(this, popen::close);
        ProcessTable.add(this);
        target = null; // as CPython does: what it captured may be garbage now
    }

    /** Nothing is locked while the child is made: it may be a copy of this JVM. */
    private synchronized void begin() {
        checkOpen();
        if (launched) {
            throw new IllegalStateException("cannot start a process twice");
        }
        if (creator != Posix.getpid()) {
            throw new IllegalStateException("can only start a process object created by current process");
        }
        if (ProcessTable.current().daemon) {
            throw new IllegalStateException("daemonic processes are not allowed to have children");
        }
        launched = true;
    }

    /**
     * Waits until the process has ended, and reaps it.
     *
     * @throws IllegalStateException "can only join a started process", "can only join a child process"
     */
    public void join() {
        join(null);
    }

    /**
     * Waits at most that long for the process to end. Python's returns None and leaves it to the caller to ask for the
     * exit code.
     *
     * @param timeout by the monotonic clock; negative means zero, null without limit
     * @return whether it has ended
     */
    public boolean join(Duration timeout) {
        checkOpen();
        if (started("join").await(timeout) == null) {
            return false;
        }
        ProcessTable.remove(this);
        return true;
    }

    /** Whether the process runs. */
    public boolean isAlive() {
        checkOpen();
        if (this == ProcessTable.current()) {
            return true;
        }
        checkCreator("test");
        return popen != null && runs();
    }

    /** Whether the process that was started runs; reaps it if not. Another thread may be closing this object. */
    boolean runs() {
        boolean alive = popen.poll() == null;
        if (!alive) {
            ProcessTable.remove(this);
        }
        return alive;
    }

    /** At the end of this JVM: ends a daemon. Another thread may be closing this object, or have closed it. */
    void terminateIfDaemon() {
        if (daemon) {
            popen.signal(Posix.SIGTERM);
        }
    }

    /**
     * At the end of this JVM: waits for the process. Another thread may be closing this object, or have closed it.
     *
     * @param daemonOnly whether only a daemon is waited for
     */
    void finish(boolean daemonOnly) {
        if (daemon || !daemonOnly) {
            popen.await(null);
            ProcessTable.remove(this);
        }
    }

    /** Sends SIGTERM; does nothing if the process has ended. Its shutdown hooks do not run. */
    public void terminate() {
        signal(Posix.SIGTERM);
    }

    /** Sends SIGKILL; does nothing if the process has ended. */
    public void kill() {
        signal(Posix.SIGKILL);
    }

    /** Sends SIGINT, which ends the process with exit code -2; does nothing if it has ended. */
    public void interrupt() {
        signal(Posix.SIGINT);
    }

    private void signal(int number) {
        checkOpen();
        started("signal").signal(number);
    }

    /**
     * Frees what the object holds.
     *
     * @throws IllegalStateException while the process runs: "Cannot close a process while it is still running. …"
     */
    @Override
    public synchronized void close() {
        if (popen != null && creator == Posix.getpid()) {
            if (popen.poll() == null) {
                throw new IllegalStateException(
                        "Cannot close a process while it is still running."
                                + " You should first call join() or terminate().");
            }
            popen.close();
            ProcessTable.remove(this);
        }
        closed = true;
    }

    /** The process's id; null before {@link #start()}. */
    public Long pid() {
        checkOpen();
        if (this == ProcessTable.current()) {
            return (long) Posix.getpid();
        }
        return popen == null ? null : (Long) (long) popen.pid();
    }

    /** As {@link #pid()}. */
    public Long ident() {
        return pid();
    }

    /** The name: for people, and not unique. */
    public String name() {
        checkOpen();
        return name;
    }

    /** Renames the process; in a child that runs already nothing changes. */
    public Process setName(String name) {
        checkOpen();
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /** Whether the process is terminated when its parent ends. */
    public boolean daemon() {
        checkOpen();
        return daemon;
    }

    /**
     * Sets the daemon flag.
     *
     * @throws IllegalStateException "process has already started"
     */
    public synchronized Process setDaemon(boolean daemon) {
        checkOpen();
        if (launched) {
            throw new IllegalStateException("process has already started");
        }
        this.daemon = daemon;
        return this;
    }

    /** The exit code, or minus the signal that ended the process; null before it was started and while it runs. */
    public Integer exitcode() {
        ExitStatus status = exitStatus();
        return status == null ? null : status.exitcode();
    }

    /** How the process ended, in full; null before it was started and while it runs. */
    public ExitStatus exitStatus() {
        checkOpen();
        if (popen == null) {
            return null;
        }
        checkCreator("test");
        return popen.poll();
    }

    /**
     * A descriptor that is readable once the process has ended; open until {@link #close()}.
     *
     * @throws IllegalStateException "process not started"
     */
    public int sentinel() {
        checkOpen();
        if (popen == null) {
            throw new IllegalStateException("process not started");
        }
        return popen.sentinel();
    }

    /** The key that connections authenticate with: 32 random bytes for each program, inherited by children. */
    public byte[] authkey() {
        checkOpen();
        return authkey.clone();
    }

    /** Sets the key; a child gets it if it was set before {@link #start()}, or of the process that starts it. */
    public Process setAuthkey(byte[] authkey) {
        checkOpen();
        this.authkey = authkey.clone();
        return this;
    }

    /**
     * Completes with this process once it has ended; a daemon thread waits for that.
     *
     * @throws IllegalStateException before {@link #start()}
     */
    public CompletableFuture<Process> onExit() {
        checkOpen();
        started("join");
        CompletableFuture<Process> exit = new CompletableFuture<>();
        Thread watcher = new Thread(() -> {
            try {
                join();
                exit.complete(this);
            } catch (RuntimeException e) {
                exit.completeExceptionally(e);
            }
        }, "onExit " + name);
        watcher.setDaemon(true);
        watcher.start();
        return exit;
    }

    /** As Python's repr: {@code <Process name='Process-1' pid=7 parent=6 stopped exitcode=-SIGTERM daemon>}. */
    @Override
    public String toString() {
        return ProcessRepr.of(this, name, daemon, closed, creator, popen);
    }

    /** The one of its context; null for the default. */
    final StartMethod startMethod() {
        return startMethod;
    }

    final Target target() {
        return target;
    }

    /** Whether the child runs and was given that. */
    boolean wasGiven(Object thing) {
        Popen mine = popen;
        return mine != null && mine.keeps(thing);
    }

    int[] identity() {
        return identity;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("process object is closed");
        }
    }

    private void checkCreator(String verb) {
        if (creator != Posix.getpid()) {
            throw new IllegalStateException("can only " + verb + " a child process");
        }
    }

    private Popen started(String verb) {
        checkCreator(verb);
        if (popen == null) {
            throw new IllegalStateException("can only " + verb + " a started process");
        }
        return popen;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
        Handover.sending(getClass().getSimpleName() + " objects");
        out.defaultWriteObject();
    }
}
