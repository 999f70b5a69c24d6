package org.multiprocessing4j.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.PreInterruptCallback;
import org.junit.jupiter.api.extension.PreInterruptContext;
import org.multiprocessing4j.cli.processes.ThreadDump;
import org.multiprocessing4j.posix.Posix;

/** Prints the stacks of all threads, and the processes below this one, before a test fails because its time is up. */
public final class HangReport implements PreInterruptCallback {

    /** What lies deeper is JUnit's. */
    private static final int FRAMES = 30;

    @Override
    public void beforeThreadInterrupt(PreInterruptContext preInterruptContext, ExtensionContext context) {
        System.err.println(describe(context.getUniqueId() + " hangs"));
    }

    /** The stacks of another JVM. */
    public static String ofChild(int pid) {
        Path java = Path.of(System.getProperty("java.home"));
        try {
            Path scratch = Files.createTempDirectory("mp4j-hang");
            try {
                return ThreadDump.ofJvm(java, pid, scratch).orElse("") + ThreadDump.ofKernel(pid);
            } finally {
                try (Stream<Path> files = Files.list(scratch)) {
                    files.forEach(file -> file.toFile().delete());
                }
                Files.delete(scratch);
            }
        } catch (IOException | InterruptedException e) {
            return "no stacks: " + e;
        }
    }

    static String describe(String title) {
        StringBuilder report = new StringBuilder(title).append("\nProcesses:\n").append(ProcFs.tree(Posix.getpid()));
        report.append("Threads:\n");
        for (Map.Entry<Thread, StackTraceElement[]> entry : Thread.getAllStackTraces().entrySet()) {
            Thread thread = entry.getKey();
            report.append('"').append(thread.getName()).append("\" ").append(thread.getState())
                    .append(thread.isDaemon() ? " daemon\n" : "\n");
            Stream.of(entry.getValue()).limit(FRAMES).forEach(frame ->
                    report.append("    at ").append(frame).append('\n'));
        }
        return report.toString();
    }
}
