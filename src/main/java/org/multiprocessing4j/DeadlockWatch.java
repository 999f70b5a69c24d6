package org.multiprocessing4j;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/** Finds deadlocks, and what is done about them. The native library looks for them; here they become objects. */
final class DeadlockWatch {

    static final Duration DEFAULT_AFTER = Duration.ofSeconds(1);

    private static final String PROPERTY = "org.multiprocessing4j.deadlock";
    private static final int EDEADLK = 35;
    private static final int CAPACITY = 8192;

    private static volatile Deadlock.Action action;
    private static volatile long afterNanos;

    static {
        String property = System.getProperty(PROPERTY);
        set(property == null ? Deadlock.Action.LOG : Deadlock.Action.valueOf(property.toUpperCase(Locale.ROOT)),
                DEFAULT_AFTER);
    }

    private DeadlockWatch() {}

    /** Before the first lock: the native library's own way is to write to stderr. What was set already stays. */
    static void begin() {
        Objects.requireNonNull(action);
    }

    static void set(Deadlock.Action wanted, Duration after) {
        long nanos = SyncObject.nanos(after);
        action = wanted;
        afterNanos = nanos;
        Native.deadlock_action(
                switch (wanted) {
                    case IGNORE -> Native.deadlock_ignore;
                    case LOG -> Native.deadlock_tell;
                    case THROW -> Native.deadlock_throw;
                },
                nanos);
    }

    /** When a wait began in which a deadlock has just been found. */
    static long beginOfWait() {
        return System.nanoTime() - afterNanos;
    }

    /**
     * Says that this thread is in a deadlock.
     *
     * @param error what its acquire answered
     * @throws DeadlockException if that is what is to be done
     * @throws OSException if it is another error
     */
    static void tell(int error) {
        Deadlock deadlock = last(error);
        if (action == Deadlock.Action.THROW) {
            throw new DeadlockException(deadlock);
        }
        log(deadlock);
    }

    /**
     * Says in the log that this thread is in a deadlock, in which it cannot give up.
     *
     * @param error what its acquire answered
     * @throws OSException if it is another error
     */
    static void log(int error) {
        log(last(error));
    }

    private static void log(Deadlock deadlock) {
        System.getLogger("org.multiprocessing4j").log(System.Logger.Level.WARNING, deadlock::report);
    }

    private static Deadlock last(int error) {
        if (error != -EDEADLK) {
            OSException.check(error);
        }
        byte[] text = new byte[CAPACITY];
        int length = Math.min(CAPACITY, OSException.check(Native.deadlock_last(text, CAPACITY)));
        String lines = new String(text, 0, length, StandardCharsets.UTF_8);
        return parse(lines, DeadlockWatch::ownThreads).get(0);
    }

    /** All that threads of this process are in, or of those that it shares locks with. */
    static List<Deadlock> find() {
        byte[] text = new byte[CAPACITY];
        int length = OSException.check(Native.deadlocks(0, text, text.length));
        while (length > text.length) {
            text = new byte[2 * length];
            length = OSException.check(Native.deadlocks(0, text, text.length));
        }
        return parse(new String(text, 0, length, StandardCharsets.UTF_8), JavaThreads::of);
    }

    private static Map<Long, JavaThreads.JavaThread> ownThreads(int pid) {
        return pid == Posix.getpid() ? JavaThreads.ofThisProcess() : Map.of();
    }

    /** From the form of bindings.hpp. */
    private static List<Deadlock> parse(String text, IntFunction<Map<Long, JavaThreads.JavaThread>> threadsOf) {
        Map<Integer, Map<Long, JavaThreads.JavaThread>> threads = new LinkedHashMap<>();
        Map<String, List<Deadlock.Member>> cycles = new LinkedHashMap<>();
        for (String line : text.lines().toList()) {
            String[] fields = line.split("\t", -1);
            int pid = Integer.parseInt(fields[1]);
            long thread = Long.parseLong(fields[2]);
            JavaThreads.JavaThread known = threads.computeIfAbsent(pid, threadsOf::apply)
                    .getOrDefault(thread, JavaThreads.UNKNOWN);
            cycles.computeIfAbsent(fields[0], number -> new ArrayList<>()).add(new Deadlock.Member(
                    pid, processName(pid), thread, known.name(), fields[3], fields[4], known.stack()));
        }
        return cycles.values().stream().map(Deadlock::new).toList();
    }

    private static String processName(int pid) {
        List<Process> relatives = new ArrayList<>(Multiprocessing.activeChildren());
        relatives.add(Multiprocessing.currentProcess());
        if (Multiprocessing.parentProcess() != null) {
            relatives.add(Multiprocessing.parentProcess());
        }
        return relatives.stream().filter(process -> process.pid() == pid).map(Process::name).findFirst().orElse(null);
    }
}
