package org.multiprocessing4j.cli.doctor;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Loader;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/** The JVM, the native library in it, and what of live fork works with them. */
final class JvmChecks {
    private static final int OLDEST_JDK = 17;
    private static final List<Integer> TESTED = List.of(17, 25);
    private static final Pattern COLLECTOR =
            Pattern.compile("(?m)^\\s*bool Use(Serial|Parallel|G1|Shenandoah|Z|Epsilon)GC\\s+=\\s+true");
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int WELL = 42;
    private static final int PROCESSES = 5;
    private static final double NANOS_PER_MILLI = 1e6;

    private JvmChecks() {}

    static List<Check> all() {
        Stream<Supplier<Check>> checks = Stream.of(
                () -> java(System.getProperty("java.vm.name"), Runtime.version()),
                () -> collector(flags()),
                JvmChecks::library,
                JvmChecks::fork,
                JvmChecks::forkserver,
                () -> startMethods(Multiprocessing.getAllStartMethods(), Multiprocessing.getStartMethod()));
        return checks.map(Supplier::get).toList();
    }

    static Check java(String vm, Runtime.Version version) {
        String found = vm + " " + version;
        int feature = version.feature();
        if (feature < OLDEST_JDK) {
            return Check.missing("java", found, "JDK " + OLDEST_JDK + " or newer is needed");
        }
        if (!vm.startsWith("OpenJDK") && !vm.contains("HotSpot")) {
            return Check.limited("java", found, "no HotSpot: children are spawned; fork and forkserver need HotSpot");
        }
        return TESTED.contains(feature)
                ? Check.ok("java", found)
                : Check.limited("java", found, "tested with JDK 17 and 25; what live fork needs is checked below");
    }

    /** The flags of a JVM as a program of the user gets it: this one was started with a collector of its own. */
    private static String flags() {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return Command.output(java, "-XX:+PrintFlagsFinal", "-version").orElse("");
    }

    /** @param flags what -XX:+PrintFlagsFinal says */
    static Check collector(String flags) {
        Matcher found = COLLECTOR.matcher(flags);
        if (!found.find()) {
            return Check.limited("collector", "unknown", "live fork knows Serial, Parallel, G1 and Shenandoah");
        }
        String name = found.group(1);
        return name.equals("Z")
                ? Check.limited("collector", "ZGC by default", "the start method fork cannot fork a JVM with ZGC: "
                        + "run it with -XX:+UseG1GC, or use forkserver, whose JVM has a collector of its own")
                : Check.ok("collector", name + " by default");
    }

    private static Check library() {
        try {
            Loader.load();
            return Check.ok("native library", Loader.path().toString());
        } catch (UnsatisfiedLinkError e) {
            return Check.missing("native library", "cannot be loaded", e.getMessage());
        }
    }

    /** Forks this JVM, and has the child collect garbage. */
    private static Check fork() {
        String obstacle = Jvm.fork_obstacle(false);
        if (obstacle != null) {
            return Check.limited("live fork", "not this JVM", obstacle);
        }
        try {
            long begin = System.nanoTime();
            int pid = Posix.fork();
            if (pid == 0) {
                System.gc();
                Posix._exit(WELL);
            }
            double millis = (System.nanoTime() - begin) / NANOS_PER_MILLI;
            return forked(end(pid), millis);
        } catch (UnsupportedOperationException | OSException e) {
            return Check.limited("live fork", "failed", e.getMessage());
        }
    }

    private static Optional<ExitStatus> end(int pid) {
        Optional<ExitStatus> status = Posix.waitpid(pid, PATIENCE);
        if (status.isEmpty()) {
            Posix.kill(pid, Posix.SIGKILL);
            Posix.waitpid(pid);
        }
        return status;
    }

    /**
     * @param status of a child that was to collect garbage; nothing if it did not end
     * @param millis the time of the fork
     */
    static Check forked(Optional<ExitStatus> status, double millis) {
        if (status.isEmpty()) {
            return Check.missing("live fork", "a child of this JVM hangs", "use spawn; 'mp4j stress' tells more");
        }
        int code = status.get().exitcode();
        return code == WELL
                ? Check.ok("live fork", String.format(
                        Locale.ROOT, "this JVM was forked in %.1f ms, and its child collects garbage", millis))
                : Check.missing("live fork", "a child of this JVM ended with exit code " + code,
                        "use spawn; 'mp4j stress' tells more");
    }

    /** Starts processes with the fork server, which the first of them starts. */
    private static Check forkserver() {
        String obstacle = Jvm.fork_obstacle(true);
        if (obstacle != null) {
            return Check.limited("fork server", "not with this JVM", obstacle);
        }
        try {
            double first = millisOfChild();
            double next = IntStream.range(0, PROCESSES).mapToDouble(i -> millisOfChild()).min().orElseThrow();
            return Check.ok("fork server", String.format(Locale.ROOT,
                    "a process started and ended in %.1f ms; the first one, with the server, in %.1f ms", next, first));
        } catch (IllegalStateException | OSException e) {
            return Check.missing("fork server", e.getMessage(), "use spawn; 'mp4j stress' tells more");
        }
    }

    private static double millisOfChild() {
        long begin = System.nanoTime();
        try (var child = Multiprocessing.getContext("forkserver").process(JvmChecks::nothing)) {
            child.start();
            if (!child.join(PATIENCE)) {
                child.kill();
                child.join();
                throw new IllegalStateException("a child of the fork server hangs");
            }
            if (child.exitcode() != 0) {
                throw new IllegalStateException("a child of the fork server ended with exit code " + child.exitcode());
            }
            return (System.nanoTime() - begin) / NANOS_PER_MILLI;
        }
    }

    private static void nothing() {
        // the target
    }

    /** @param all those that work here */
    static Check startMethods(List<String> all, String byDefault) {
        String found = byDefault + " by default; there are " + String.join(", ", all);
        return all.contains("forkserver")
                ? Check.ok("start methods", found)
                : Check.limited("start methods", found, "children are fresh JVMs: 'fork server' says why");
    }
}
