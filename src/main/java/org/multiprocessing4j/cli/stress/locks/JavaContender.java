package org.multiprocessing4j.cli.stress.locks;

import java.time.Duration;
import java.util.OptionalInt;
import org.multiprocessing4j.Process;

/** A process of this library. */
final class JavaContender implements Contender {
    private final Process process;
    private final int pid;
    private OptionalInt exitcode = OptionalInt.empty();

    JavaContender(Process process) {
        this.process = process;
        this.pid = Math.toIntExact(process.pid());
    }

    @Override
    public String language() {
        return "Java";
    }

    @Override
    public int pid() {
        return pid;
    }

    @Override
    public OptionalInt join(Duration timeout) {
        if (exitcode.isEmpty() && process.join(timeout)) {
            exitcode = OptionalInt.of(process.exitcode());
            process.close();
        }
        return exitcode;
    }

    @Override
    public void kill() {
        if (exitcode.isEmpty()) {
            process.kill();
            process.join();
            exitcode = OptionalInt.of(process.exitcode());
            process.close();
        }
    }
}
