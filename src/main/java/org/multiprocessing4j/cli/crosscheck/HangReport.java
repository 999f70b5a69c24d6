package org.multiprocessing4j.cli.crosscheck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The account of a program that does not end: its processes, and for those that are JVMs their threads. */
final class HangReport {
    private static final Duration DUMP_LIMIT = Duration.ofSeconds(10);
    private static final int DUMP_ATTACH_MILLIS = 3000;

    private HangReport() {
    }

    /** Describes the processes of a run that has reached its time limit, and does nothing to them. */
    static String of(RunScope scope, Duration limit) throws IOException, InterruptedException {
        List<ProcessInfo> members = scope.members();
        StringBuilder report = new StringBuilder("no end within " + limit.toMillis() / 1000.0 + " s; its processes:\n");
        report.append(RunScope.describe(members).indent(2));
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        for (ProcessInfo process : members) {
            if (process.isJvm() && Files.isExecutable(jcmd)) {
                report.append("threads of ").append(process.pid()).append(":\n");
                report.append(threads(jcmd, process.pid()).orElse("no answer to jcmd").indent(2));
            }
        }
        return report.toString().stripTrailing();
    }

    /** A forked JVM has no thread left that could answer: then, or if it is too busy, there is no dump. */
    private static Optional<String> threads(Path jcmd, long pid) throws IOException, InterruptedException {
        Path dump = Files.createTempFile("mp4j-threads-", ".txt");
        try {
            Process process = new ProcessBuilder(jcmd.toString(),
                    "-J-Dsun.tools.attach.attachTimeout=" + DUMP_ATTACH_MILLIS, Long.toString(pid), "Thread.print", "-l")
                    .redirectOutput(dump.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(DUMP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                return Optional.empty();
            }
            return process.exitValue() == 0 ? Optional.of(Files.readString(dump)) : Optional.empty();
        } finally {
            Files.delete(dump);
        }
    }
}
