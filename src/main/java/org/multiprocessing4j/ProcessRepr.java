package org.multiprocessing4j;

import java.util.Map;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.Posix;

/** {@code Process.__repr__}. */
final class ProcessRepr {

    private static final Map<Integer, String> SIGNALS =
            Map.ofEntries(
                    Map.entry(1, "SIGHUP"), Map.entry(2, "SIGINT"), Map.entry(3, "SIGQUIT"), Map.entry(4, "SIGILL"),
                    Map.entry(5, "SIGTRAP"), Map.entry(6, "SIGABRT"), Map.entry(7, "SIGBUS"), Map.entry(8, "SIGFPE"),
                    Map.entry(9, "SIGKILL"), Map.entry(10, "SIGUSR1"), Map.entry(11, "SIGSEGV"),
                    Map.entry(12, "SIGUSR2"), Map.entry(13, "SIGPIPE"), Map.entry(14, "SIGALRM"),
                    Map.entry(15, "SIGTERM"), Map.entry(24, "SIGXCPU"), Map.entry(25, "SIGXFSZ"),
                    Map.entry(31, "SIGSYS"));

    private ProcessRepr() {}

    static String of(Process process, String name, boolean daemon, boolean closed, long creator, Popen popen) {
        StringBuilder text = new StringBuilder("<").append(process.kind());
        text.append(" name='").append(name).append('\'');
        if (popen != null && !closed) {
            text.append(" pid=").append(popen.pid());
        }
        if (creator >= 0) {
            text.append(" parent=").append(creator);
        }
        if (process == ProcessTable.current()) {
            text.append(" started");
        } else if (closed) {
            text.append(" closed");
        } else if (creator != Posix.getpid()) {
            text.append(" unknown");
        } else if (popen == null) {
            text.append(" initial");
        } else {
            ExitStatus status = popen.poll();
            text.append(status == null ? " started" : " stopped exitcode=" + exitcode(status));
        }
        return text.append(daemon ? " daemon>" : ">").toString();
    }

    private static String exitcode(ExitStatus status) {
        String signal = status.signaled() ? SIGNALS.get(status.signal()) : null;
        return signal != null ? "-" + signal : String.valueOf(status.exitcode());
    }
}
