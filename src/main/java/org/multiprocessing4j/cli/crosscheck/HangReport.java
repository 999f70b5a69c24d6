package org.multiprocessing4j.cli.crosscheck;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.multiprocessing4j.cli.processes.ProcessInfo;
import org.multiprocessing4j.cli.processes.RunScope;
import org.multiprocessing4j.cli.processes.ThreadDump;

/** The account of a program that does not end: its processes, and for those that are JVMs their threads. */
final class HangReport {
    private static final String NO_ANSWER = "no answer: too busy, or not a whole JVM; the kernel's view:\n";

    private HangReport() {
    }

    /** Describes the processes of a run that has reached its time limit, and does nothing to them. */
    static String of(RunScope scope, Duration limit, Path scratch) throws IOException, InterruptedException {
        List<ProcessInfo> members = scope.members();
        StringBuilder report = new StringBuilder("no end within " + limit.toMillis() / 1000.0 + " s; its processes:\n");
        report.append(RunScope.describe(members).indent(2));
        Path jdk = Path.of(System.getProperty("java.home"));
        for (ProcessInfo process : members) {
            if (process.isJvm()) {
                Optional<String> dump = ThreadDump.ofJvm(jdk, process.pid(), scratch);
                report.append("threads of ").append(process.pid()).append(":\n");
                report.append(dump.map(ThreadDump::threadsOfProgram)
                        .orElseGet(() -> NO_ANSWER + ThreadDump.ofKernel(process.pid())).indent(2));
            }
        }
        return report.toString().stripTrailing();
    }
}
