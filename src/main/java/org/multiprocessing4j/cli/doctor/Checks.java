package org.multiprocessing4j.cli.doctor;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Loader;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/** The checks that {@code mp4j doctor} makes, each by trying the thing where that is possible. */
public final class Checks {

    private static final long MEBI = 1 << 20;
    private static final long SMALL_SHM = 64 * MEBI;
    private static final long FEW_FILES = 1024;
    private static final int OLDEST_JDK = 17;

    private Checks() {}

    /** Makes all checks. */
    public static List<Check> all() {
        Stream<Supplier<Check>> checks = Stream.of(
                Checks::platform, Checks::kernel, Checks::jdk, Checks::library, Checks::pidfd, Checks::memory,
                Checks::devShm, Checks::openFiles, Checks::processors, Checks::startMethods, Checks::liveFork,
                Checks::python,
                () -> tool("g++", "g++"), () -> tool("cmake", "cmake"), () -> tool("ninja", "ninja-build"),
                () -> tool("mvn", "maven"));
        return checks.map(Supplier::get).toList();
    }

    private static Check platform() {
        String found = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        return found.equals("Linux amd64")
                ? Check.ok("platform", found)
                : Check.limited("platform", found, "tested on Linux x86-64 with glibc alone");
    }

    private static Check kernel() {
        String version = System.getProperty("os.version");
        Matcher number = Pattern.compile("(\\d+)\\.(\\d+).*").matcher(version);
        boolean recent = number.matches()
                && Integer.parseInt(number.group(1)) * 1000 + Integer.parseInt(number.group(2)) >= 5004;
        return recent
                ? Check.ok("kernel", version)
                : Check.missing("kernel", version, "Linux 5.4 or newer is needed: pidfd_open, and waiting on it");
    }

    private static Check jdk() {
        String found = System.getProperty("java.vm.name") + " " + Runtime.version();
        return Runtime.version().feature() >= OLDEST_JDK
                ? Check.ok("java", found)
                : Check.missing("java", found, "JDK " + OLDEST_JDK + " or newer is needed");
    }

    private static Check library() {
        try {
            Loader.load();
            return Check.ok("native library", Loader.path().toString());
        } catch (UnsatisfiedLinkError e) {
            return Check.missing("native library", "cannot be loaded", e.getMessage());
        }
    }

    private static Check pidfd() {
        try {
            Posix.close(Posix.pidfdOpen(Posix.getpid()));
            return Check.ok("pidfd_open", "works");
        } catch (OSException e) {
            return Check.missing("pidfd_open", e.getMessage(), "allow the system call (seccomp?)");
        }
    }

    private static Check memory() {
        try {
            Lock lock = new Lock();
            lock.acquire();
            lock.release();
            return Check.ok("shared memory", "memfd_create and a semaphore in it work");
        } catch (OSException e) {
            return Check.missing("shared memory", e.getMessage(), "memfd_create and posix_fallocate must be allowed");
        }
    }

    private static Check devShm() {
        try {
            FileStore store = Files.getFileStore(Path.of("/dev/shm"));
            String found = store.getUsableSpace() / MEBI + " MiB free of " + store.getTotalSpace() / MEBI;
            return store.getUsableSpace() >= SMALL_SHM
                    ? Check.ok("/dev/shm", found)
                    : Check.limited("/dev/shm", found, "named shared memory is small: docker run --shm-size=1g");
        } catch (IOException e) {
            return Check.limited("/dev/shm", e.toString(), "mount a tmpfs there for named shared memory");
        }
    }

    private static Check openFiles() {
        try (Stream<String> limits = Files.lines(Path.of("/proc/self/limits"))) {
            Optional<String> line = limits.filter(text -> text.startsWith("Max open files")).findFirst();
            String soft = line.map(text -> text.split("\\s{2,}")[1]).orElse("unknown");
            boolean few = soft.matches("\\d+") && Long.parseLong(soft) < FEW_FILES;
            return few
                    ? Check.limited("open files", soft, "each process takes a descriptor: ulimit -n 4096")
                    : Check.ok("open files", soft);
        } catch (IOException e) {
            return Check.limited("open files", e.toString(), "mount /proc");
        }
    }

    private static Check processors() {
        return Check.ok("processors", String.valueOf(Multiprocessing.cpuCount()));
    }

    private static Check startMethods() {
        return Check.ok("start methods", String.join(", ", Multiprocessing.getAllStartMethods()));
    }

    private static Check liveFork() {
        String obstacle = Jvm.fork_obstacle();
        return obstacle == null
                ? Check.ok("live fork", "this JVM can be forked")
                : Check.limited("live fork", "not this JVM", obstacle);
    }

    private static Check python() {
        return onPath("python3")
                .map(path -> Check.ok("python3", path.toString()))
                .orElseGet(() -> Check.limited("python3", "not on PATH", "apt-get install python3"));
    }

    private static Check tool(String program, String debianPackage) {
        return onPath(program)
                .map(path -> Check.ok(program, path.toString()))
                .orElseGet(() -> Check.missing(program, "not on PATH", "apt-get install " + debianPackage));
    }

    private static Optional<Path> onPath(String program) {
        return Pattern.compile(":")
                .splitAsStream(System.getenv().getOrDefault("PATH", "/usr/bin"))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
