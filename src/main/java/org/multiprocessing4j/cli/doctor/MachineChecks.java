package org.multiprocessing4j.cli.doctor;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/** Kernel, C library, memory and limits. */
final class MachineChecks {
    private static final long MEBI = 1 << 20;
    private static final long SMALL_SHM = 64 * MEBI;
    private static final long FEW_FILES = 1024;
    /** A JVM has some twenty threads, and each of them counts. */
    private static final long FEW_TASKS = 1024;

    private static final int OLDEST_KERNEL = 5004;
    private static final int TESTED_GLIBC = 2036;
    private static final Pattern NUMBERS = Pattern.compile("(\\d+)\\.(\\d+).*");

    private MachineChecks() {}

    static List<Check> all() {
        String limits = read(Path.of("/proc/self/limits"));
        return List.of(
                platform(System.getProperty("os.name") + " " + System.getProperty("os.arch")),
                kernel(System.getProperty("os.version")),
                glibc(Command.output("getconf", "GNU_LIBC_VERSION").orElse("")),
                threadAddress(Files.exists(Path.of("/proc/self/timers"))),
                pidfd(),
                memory(),
                devShm(),
                openFiles(limits),
                tasks(limits, cgroupTasks()),
                overcommit(read(Path.of("/proc/sys/vm/overcommit_memory"))),
                Check.ok("processors", String.valueOf(Multiprocessing.cpuCount())));
    }

    static Check platform(String found) {
        return found.equals("Linux amd64")
                ? Check.ok("platform", found)
                : Check.limited("platform", found, "tested on Linux x86-64 with glibc alone");
    }

    static Check kernel(String version) {
        return number(version) >= OLDEST_KERNEL
                ? Check.ok("kernel", version)
                : Check.missing("kernel", version, "Linux 5.4 or newer is needed: pidfd_open, and waiting on it");
    }

    /** @param found what getconf says, as in {@code glibc 2.36}; empty if it does not know */
    static Check glibc(String found) {
        if (!found.startsWith("glibc ")) {
            return Check.missing("glibc", found.isEmpty() ? "not this C library" : found,
                    "the native library is for glibc: use an image based on Debian, Ubuntu, Fedora …, not on Alpine");
        }
        return number(found.substring("glibc ".length())) >= TESTED_GLIBC
                ? Check.ok("glibc", found)
                : Check.limited("glibc", found, "tested with glibc 2.36; live fork looks for what it needs");
    }

    /** 5.4 as 5004; 0 if it is no version. */
    private static int number(String version) {
        Matcher numbers = NUMBERS.matcher(version);
        return numbers.matches() ? Integer.parseInt(numbers.group(1)) * 1000 + Integer.parseInt(numbers.group(2)) : 0;
    }

    /** @param hasTimers whether /proc/self/timers is there: it depends on the same option of the kernel */
    static Check threadAddress(boolean hasTimers) {
        return hasTimers
                ? Check.ok("PR_GET_TID_ADDRESS", "the kernel has it")
                : Check.limited("PR_GET_TID_ADDRESS", "the kernel seems not to have it",
                        "live fork needs a kernel built with CONFIG_CHECKPOINT_RESTORE; spawn does without");
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
            return Check.ok("memfd_create", "shared memory and a semaphore in it work");
        } catch (OSException e) {
            return Check.missing("memfd_create", e.getMessage(), "memfd_create and posix_fallocate must be allowed");
        }
    }

    private static Check devShm() {
        try {
            FileStore store = Files.getFileStore(Path.of("/dev/shm"));
            return devShm(store.getUsableSpace(), store.getTotalSpace());
        } catch (IOException e) {
            return Check.limited("/dev/shm", e.toString(), "mount a tmpfs there for named shared memory");
        }
    }

    static Check devShm(long free, long total) {
        String found = free / MEBI + " MiB free of " + total / MEBI;
        return free >= SMALL_SHM
                ? Check.ok("/dev/shm", found)
                : Check.limited("/dev/shm", found, "named shared memory is small: docker run --shm-size=1g");
    }

    static Check openFiles(String limits) {
        String soft = limit(limits, "Max open files");
        return isBelow(soft, FEW_FILES)
                ? Check.limited("open files", soft, "each process takes a descriptor: ulimit -n 4096")
                : Check.ok("open files", soft);
    }

    /** @param cgroup how many the control group allows; nothing: no limit */
    static Check tasks(String limits, OptionalLong cgroup) {
        String soft = limit(limits, "Max processes");
        String found = soft + (cgroup.isPresent() ? ", " + cgroup.getAsLong() + " in this control group" : "");
        boolean few = isBelow(soft, FEW_TASKS) || cgroup.isPresent() && cgroup.getAsLong() < FEW_TASKS;
        return few
                ? Check.limited("processes", found, "each child is a JVM of some twenty threads, which count too: "
                        + "ulimit -u 16384, docker run --pids-limit 16384")
                : Check.ok("processes", found);
    }

    /** @param mode of /proc/sys/vm/overcommit_memory */
    static Check overcommit(String mode) {
        return mode.strip().equals("2")
                ? Check.limited("overcommit", "strict", "a fork of a large JVM needs its memory a second time: "
                        + "sysctl vm.overcommit_memory=0, or use forkserver, whose JVM is small")
                : Check.ok("overcommit", "allowed");
    }

    private static String limit(String limits, String name) {
        return limits.lines().filter(line -> line.startsWith(name)).findFirst()
                .map(line -> line.split("\\s{2,}")[1]).orElse("unknown");
    }

    private static boolean isBelow(String number, long least) {
        return number.matches("\\d+") && Long.parseLong(number) < least;
    }

    /** The limit of this process's control group, version 2. */
    private static OptionalLong cgroupTasks() {
        Optional<String> group = read(Path.of("/proc/self/cgroup")).lines()
                .filter(line -> line.startsWith("0::/")).map(line -> line.substring("0::/".length())).findFirst();
        String limit = group.map(name -> read(Path.of("/sys/fs/cgroup", name, "pids.max")).strip()).orElse("");
        return limit.matches("\\d+") ? OptionalLong.of(Long.parseLong(limit)) : OptionalLong.empty();
    }

    /** Empty if it cannot be read: then there is no such limit, or nothing is known of it. */
    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
