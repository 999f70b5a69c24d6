package org.multiprocessing4j.posix;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;

/**
 * The kernel's primitives, bare: what {@link org.multiprocessing4j.Process} and its kin are built of, for code that
 * wants to call them itself. Each method is named after the call it makes, and a call that fails is an
 * {@link OSException} with its errno. All are repeated when a signal interrupts them; none reacts to
 * {@link Thread#interrupt()}.
 */
public final class Posix {

    /** Hang-up. */
    public static final int SIGHUP = 1;
    /** Interrupt from the keyboard. */
    public static final int SIGINT = 2;
    /** Quit from the keyboard. */
    public static final int SIGQUIT = 3;
    /** Abort. */
    public static final int SIGABRT = 6;
    /** Kill; cannot be caught. */
    public static final int SIGKILL = 9;
    /** For the user's own purposes. */
    public static final int SIGUSR1 = 10;
    /** Invalid memory reference. */
    public static final int SIGSEGV = 11;
    /** For the user's own purposes. */
    public static final int SIGUSR2 = 12;
    /** Termination. */
    public static final int SIGTERM = 15;
    /** A child has ended. */
    public static final int SIGCHLD = 17;
    /** Continue if stopped. */
    public static final int SIGCONT = 18;
    /** Stop; cannot be caught. */
    public static final int SIGSTOP = 19;

    private static final long NANOS_OF_MILLI = 1_000_000;

    private Posix() {}

    /**
     * fork(2), live: the child is a whole JVM, which collects garbage, compiles, loads classes and starts threads. Of
     * the application's threads the caller alone continues in it; a lock that another one held is never released there,
     * and a warning tells of it. What the parent had buffered is buffered in the child too: flush first, and leave the
     * child with {@link #_exit}.
     *
     * <p>What the JDK runs for the application in threads of its own may go on in both processes: virtual threads, and
     * delayed tasks of {@code CompletableFuture}. A {@code ForkJoinPool} that was at work, the common one too, gets
     * other workers in the child, and has forgotten there what was queued.
     *
     * <p>It waits for a moment at which no other thread is inside of {@code System.out}, logging, class loading or
     * {@code Thread.start} (two seconds at most; what is held then is warned of), and for at most a tenth of a second
     * for one at which none that runs is where the JDK takes other locks.
     *
     * <p>SIGTERM, SIGINT and SIGHUP end the child. Shutdown hooks and {@code deleteOnExit} of the parent are not its
     * own, and random numbers differ from the parent's.
     *
     * @return 0 in the child, the child's pid in the parent
     * @throws UnsupportedOperationException if this JVM or the calling (virtual) thread cannot be forked: the text says
     *     why, and what to do
     * @throws IllegalStateException "can't fork while this JVM ends"
     * @throws OSException EAGAIN, ENOMEM
     */
    public static int fork() {
        return LiveFork.fork(false, 0, null);
    }

    /**
     * As {@link #fork()}, but the child does not return.
     *
     * @param child what the child does; it ends there, and does not come back
     * @return its pid
     */
    public static int fork(Runnable child) {
        return LiveFork.fork(false, 0, child);
    }

    /**
     * Does in this process what a child of {@link #fork(Runnable)} does, so that children find linked what is on the
     * way. What was registered for forks is left out.
     *
     * @param child comes back, since this is no child, and changes nothing
     */
    public static void rehearseFork(Runnable child) {
        LiveFork.rehearse(false, child);
    }

    /**
     * As {@link #fork()}, but the child becomes the caller's sibling: a child of this process's parent, which has to
     * wait for it. clone(2) with CLONE_PARENT and CLONE_PARENT_SETTID.
     *
     * @param pidAddress where the kernel writes the child's pid, an int, before the child can run: if the parent shares
     *     that memory, it learns of the child even if this process is killed at once; 0 for nowhere
     * @param child what the child does; it ends there, and does not come back
     * @return its pid
     */
    public static int forkSibling(long pidAddress, Runnable child) {
        return LiveFork.fork(true, pidAddress, child);
    }

    /**
     * Does in this process what a child of {@link #forkSibling} does first, so that its children find linked what is
     * on the way. For a process that has nothing to lose by it: the library forgets what its parent would have had.
     *
     * @param child comes back, since this is no child
     */
    public static void rehearseForkSibling(Runnable child) {
        LiveFork.rehearse(true, child);
    }

    /**
     * Registers what to do around each live fork of this process. Mirrors {@code os.register_at_fork}: of several,
     * those to run before run last one first. Each runs in the thread that forks; when one throws, that is logged.
     *
     * @param before runs before the fork; may be null
     * @param afterInParent runs after it, also when it failed; may be null
     * @param afterInChild runs in the child, before anything else of the application; may be null
     */
    public static void registerAtFork(Runnable before, Runnable afterInParent, Runnable afterInChild) {
        LiveFork.register(before, afterInParent, afterInChild);
    }

    /**
     * waitpid(2): blocks until the child has ended, and reaps it.
     *
     * @param pid a child of this process; -1 and 0 are refused, since they would take children from the JDK
     * @throws OSException ECHILD if it is no unreaped child of this process
     */
    public static ExitStatus waitpid(int pid) {
        return new ExitStatus((int) OSException.check(Native.waitpid(checkPid(pid), -1)));
    }

    /**
     * Waits at most that long for a child to end, through a pidfd, and reaps it.
     *
     * @param timeout by the monotonic clock; negative means zero
     * @return empty when the time ran out
     */
    public static Optional<ExitStatus> waitpid(int pid, Duration timeout) {
        long status = OSException.check(Native.waitpid(checkPid(pid), nanos(timeout)));
        return status == Native.still_running ? Optional.empty() : Optional.of(new ExitStatus((int) status));
    }

    /** Reaps a child if it has ended; does not block. */
    public static Optional<ExitStatus> tryWaitpid(int pid) {
        return waitpid(pid, Duration.ZERO);
    }

    private static int checkPid(int pid) {
        if (pid <= 0) {
            throw new IllegalArgumentException("pid must name one child: " + pid);
        }
        return pid;
    }

    /**
     * Starts a program with posix_spawn(3): default signal actions, no signal blocked, this process's environment.
     *
     * @param command the program's file, which is not searched for, and its arguments
     * @param keepFds the only descriptors beside 0, 1 and 2 that it gets: the first as its 3, the next as 4 …
     * @return the child's pid; the caller waits for it
     * @throws OSException ENOENT, EACCES, E2BIG, EBADF …, when nothing was started
     */
    public static int spawn(List<String> command, int... keepFds) {
        return spawn(command.get(0), command, null, -1, keepFds);
    }

    /**
     * Starts a program with posix_spawn(3).
     *
     * @param path the program's file
     * @param arguments its arguments, the first being its name
     * @param environment its environment as {@code NAME=value}; null: this process's
     * @param stdin its standard input; negative: this process's
     * @param keepFds the only descriptors beside 0, 1 and 2 that it gets: the first as its 3, the next as 4 …
     * @return the child's pid; the caller waits for it
     * @throws OSException ENOENT, EACCES, E2BIG, EBADF …, when nothing was started
     */
    public static int spawn(
            String path, List<String> arguments, List<String> environment, int stdin, int... keepFds) {
        StringBuilder strings = new StringBuilder();
        append(strings, path);
        arguments.forEach(argument -> append(strings, argument));
        if (environment != null) {
            environment.forEach(entry -> append(strings, entry));
        }
        return OSException.check(
                Native.spawn(
                        strings.toString().getBytes(StandardCharsets.UTF_8),
                        arguments.size(),
                        environment == null ? -1 : environment.size(),
                        keepFds,
                        keepFds.length,
                        stdin));
    }

    private static void append(StringBuilder strings, String string) {
        if (string.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("NUL character in \"" + string.replace("\0", "\\0") + '"');
        }
        strings.append(string).append('\0');
    }

    /** pipe2(2), close-on-exec. */
    public static Pipe pipe() {
        long ends = OSException.check(Native.pipe());
        return new Pipe((int) ends, (int) (ends >> 32));
    }

    /**
     * read(2): blocks until something can be read.
     *
     * @return the number of bytes read; 0 at the end of file
     */
    public static int read(int fd, byte[] buffer) {
        return OSException.check(Native.read(fd, buffer, buffer.length));
    }

    /**
     * write(2), repeated until all is written.
     *
     * @throws OSException EPIPE when no reader is left
     */
    public static void writeAll(int fd, byte[] data) {
        OSException.check(Native.write_all(fd, data, data.length));
    }

    /** As {@link #writeAll(int, byte[])}, of a part of the array. */
    public static void writeAll(int fd, byte[] data, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, data.length);
        writeAll(fd, Arrays.copyOfRange(data, offset, offset + length));
    }

    /** close(2). Never repeated: the number may be somebody else's by then. */
    public static void close(int fd) {
        OSException.check(Native.close(fd));
    }

    /**
     * poll(2) for reading.
     *
     * @param timeout by the monotonic clock, in whole milliseconds rounded up; negative means zero, null for ever
     * @return whether the descriptor is readable or at its end
     */
    public static boolean waitReadable(int fd, Duration timeout) {
        long millis = -1;
        if (timeout != null) {
            long nanos = nanos(timeout);
            millis = nanos / NANOS_OF_MILLI + Math.min(1, nanos % NANOS_OF_MILLI);
        }
        return OSException.check(Native.wait_readable(fd, millis)) != 0;
    }

    /** At least 0, and at most the 292 years that a long can hold. */
    private static long nanos(Duration timeout) {
        return Math.max(0, TimeUnit.NANOSECONDS.convert(timeout));
    }

    /**
     * mmap(2) of anonymous shared memory, all zero.
     *
     * @param size bytes
     */
    public static Mapping mmap(int size) {
        return new Mapping(size);
    }

    /**
     * sem_init(3) of a process-shared semaphore.
     *
     * @param offset where in the mapping; a multiple of 8
     * @param value the permits it begins with
     */
    public static Semaphore semInit(Mapping mapping, int offset, int value) {
        return new Semaphore(mapping, offset, value);
    }

    /** kill(2). */
    public static void kill(int pid, int signal) {
        OSException.check(Native.kill(pid, signal));
    }

    /** pidfd_open(2): a descriptor that is readable once the process has ended. The caller closes it. */
    public static int pidfdOpen(int pid) {
        return OSException.check(Native.pidfd_open(pid));
    }

    /** getpid(2): not cached, and right after a fork too. */
    public static int getpid() {
        return Native.getpid();
    }

    /** getppid(2). */
    public static int getppid() {
        return Native.getppid();
    }

    /**
     * _exit(2): ends the process at once. No shutdown hook runs and nothing is flushed.
     *
     * @param code the lowest eight bits are the exit code
     */
    public static void _exit(int code) {
        Native.exit_immediately(code);
    }

    /** The state of a process; empty if there is none with that pid. */
    public static Optional<ProcessState> processState(int pid) {
        int letter = OSException.check(Native.process_state(pid));
        return letter == 0 ? Optional.empty() : Optional.of(ProcessState.of((char) letter));
    }
}
