package org.multiprocessing4j.support;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.PreInterruptCallback;
import org.junit.jupiter.api.extension.PreInterruptContext;
import org.multiprocessing4j.posix.Posix;

/** Prints the stacks of all threads, and the processes below this one, before a test fails because its time is up. */
public final class HangReport implements PreInterruptCallback {

    /** What lies deeper is JUnit's. */
    private static final int FRAMES = 30;

    @Override
    public void beforeThreadInterrupt(PreInterruptContext preInterruptContext, ExtensionContext context) {
        System.err.println(describe(context.getUniqueId() + " hangs"));
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
