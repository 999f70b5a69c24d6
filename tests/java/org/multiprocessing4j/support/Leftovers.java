package org.multiprocessing4j.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.multiprocessing4j.posix.Posix;

/** What a process has: descriptors, children, names in /dev/shm, threads that keep it alive. */
final class Leftovers {

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    /** The heap keeps its small arenas for the next allocation: only larger ones are given back. */
    private static final long KEPT_ARENA = 4 << 20;

    private final Set<String> things = new TreeSet<>();
    private final Set<Integer> children = new TreeSet<>();

    private Leftovers() {}

    /** Looks at this process. */
    static Leftovers now() {
        Leftovers here = new Leftovers();
        ProcFs.openFiles().forEach(here::addDescriptor);
        ProcFs.list(SHARED_MEMORY).forEach(name -> here.things.add("shared memory " + name));
        threads().forEach(thread -> here.things.add("thread " + thread.getId() + " \"" + thread.getName() + '"'));
        here.children.addAll(ProcFs.children());
        return here;
    }

    /** What is here and was not there before, in words; other programs' shared memory does not count. */
    List<String> since(Leftovers before) {
        List<String> left = things.stream()
                .filter(thing -> !before.things.contains(thing))
                .filter(thing -> !isForeign(thing))
                .collect(Collectors.toCollection(ArrayList::new));
        childrenSince(before).forEach(child -> left.add("child " + ProcFs.tree(child).strip()));
        return left;
    }

    /** The children that were not there before. */
    List<Integer> childrenSince(Leftovers before) {
        return children.stream().filter(child -> !before.children.contains(child)).toList();
    }

    private void addDescriptor(int descriptor, String target) {
        if (!target.startsWith("/memfd:") || sizeOf(descriptor) > KEPT_ARENA) {
            things.add("descriptor " + descriptor + " -> " + target);
        }
    }

    /** 0 if it was closed since it was listed. */
    private static long sizeOf(int descriptor) {
        try {
            return Files.size(Path.of("/proc/self/fd", String.valueOf(descriptor)));
        } catch (IOException e) {
            return 0;
        }
    }

    private static List<Thread> threads() {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        while (group.getParent() != null) {
            group = group.getParent();
        }
        Thread[] threads = new Thread[group.activeCount() + 64];
        int count = group.enumerate(threads);
        return Arrays.stream(threads, 0, count).filter(thread -> !thread.isDaemon()).toList();
    }

    /** Whether it is shared memory that a process beside this one has mapped: another program that runs here now. */
    private static boolean isForeign(String thing) {
        String name = thing.replaceFirst("^shared memory ", "");
        return name.startsWith(SHARED_MEMORY.toString())
                && ProcFs.list(Path.of("/proc")).stream()
                        .filter(process -> process.getFileName().toString().matches("\\d+"))
                        .filter(process -> !process.endsWith(String.valueOf(Posix.getpid())))
                        .anyMatch(process -> ProcFs.read(process.resolve("maps")).orElse("").contains(name));
    }
}
