package org.multiprocessing4j;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.multiprocessing4j.posix.Posix;

/** The threads of a JVM, this one or another, with their stacks. */
final class JavaThreads {

    /** {@code "main" #1 prio=5 …}, from JDK 21 on {@code "main" #1 [4711] prio=5 …}. */
    private static final Pattern THREAD = Pattern.compile("\"(.*)\" #(\\d+) .*");

    /** {@code at java.base@17.0.1/java.lang.Thread.run(Thread.java:840)}. */
    private static final Pattern FRAME = Pattern.compile(
            "\\s+at (?:.*/)?(?<class>[^/(]+)\\.(?<method>[^.(]+)\\((?<file>[^:)]*)(?::(?<line>\\d+))?\\)");

    private static final int NATIVE_METHOD = -2;

    static final JavaThread UNKNOWN = new JavaThread(null, List.of());

    /** A thread's name, and its frames, the innermost first. */
    record JavaThread(String name, List<StackTraceElement> stack) {}

    private JavaThreads() {}

    /** By their numbers; empty if it is no JVM, or they cannot be had. */
    static Map<Long, JavaThread> of(int pid) {
        if (pid == Posix.getpid()) {
            return ofThisProcess();
        }
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (!Files.isExecutable(jcmd) || !isJvm(pid)) {
            return Map.of();
        }
        try {
            return ask(jcmd, pid);
        } catch (IOException e) {
            System.getLogger("org.multiprocessing4j").log(System.Logger.Level.DEBUG, "jcmd " + pid, e);
            return Map.of();
        }
    }

    static Map<Long, JavaThread> ofThisProcess() {
        Map<Long, JavaThread> threads = new HashMap<>();
        Thread.getAllStackTraces().forEach((thread, stack) -> threads.put(thread.getId(), new JavaThread(
                thread.getName(), thread == Thread.currentThread() ? fromLockOn(stack) : List.of(stack))));
        return threads;
    }

    /** The calling thread's stack without what it does here. */
    private static List<StackTraceElement> fromLockOn(StackTraceElement[] stack) {
        Set<String> waiting = Set.of(SemLock.class.getName(), Condition.class.getName());
        return Arrays.stream(stack).dropWhile(frame -> !waiting.contains(frame.getClassName())).toList();
    }

    private static boolean isJvm(int pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/maps"), StandardCharsets.ISO_8859_1)
                    .contains("/libjvm.so");
        } catch (IOException e) {
            return false; // ended meanwhile, or another user's
        }
    }

    /** By a program, since the JDK's interface for that is not part of every JVM. It waits a few seconds at most. */
    private static Map<Long, JavaThread> ask(Path jcmd, int pid) throws IOException {
        java.lang.Process program = new ProcessBuilder(
                jcmd.toString(), "-J-XX:TieredStopAtLevel=1", "-J-Dsun.tools.attach.attachTimeout=3000",
                Integer.toString(pid), "Thread.print")
                .redirectError(Redirect.DISCARD)
                .start();
        try (BufferedReader answer = program.inputReader()) {
            return parse(answer.lines().toList());
        } finally {
            program.destroyForcibly();
        }
    }

    static Map<Long, JavaThread> parse(List<String> dump) {
        Map<Long, JavaThread> threads = new HashMap<>();
        List<StackTraceElement> stack = new ArrayList<>();
        for (String line : dump) {
            Matcher thread = THREAD.matcher(line);
            Matcher frame = FRAME.matcher(line);
            if (thread.matches()) {
                stack = new ArrayList<>();
                threads.put(Long.valueOf(thread.group(2)), new JavaThread(thread.group(1), stack));
            } else if (frame.matches()) {
                stack.add(element(frame));
            }
        }
        return threads;
    }

    private static StackTraceElement element(Matcher frame) {
        String file = frame.group("file");
        boolean isNative = file.equals("Native Method");
        int line = isNative ? NATIVE_METHOD : frame.group("line") == null ? -1 : Integer.parseInt(frame.group("line"));
        return new StackTraceElement(frame.group("class"), frame.group("method"), isNative ? null : file, line);
    }
}
