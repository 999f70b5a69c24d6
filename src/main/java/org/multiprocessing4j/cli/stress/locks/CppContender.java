package org.multiprocessing4j.cli.stress.locks;

import java.time.Duration;
import java.util.OptionalInt;
import org.multiprocessing4j.posix.Posix;

/** A program's process, which is reaped here. */
final class CppContender implements Contender {
    private final int pid;
    private OptionalInt exitcode = OptionalInt.empty();

    CppContender(int pid) {
        this.pid = pid;
    }

    @Override
    public String language() {
        return "C++";
    }

    @Override
    public int pid() {
        return pid;
    }

    @Override
    public OptionalInt join(Duration timeout) {
        if (exitcode.isEmpty()) {
            Posix.waitpid(pid, timeout).ifPresent(status -> exitcode = OptionalInt.of(status.exitcode()));
        }
        return exitcode;
    }

    @Override
    public void kill() {
        if (exitcode.isEmpty()) {
            Posix.kill(pid, Posix.SIGKILL);
            exitcode = OptionalInt.of(Posix.waitpid(pid).exitcode());
        }
    }
}
