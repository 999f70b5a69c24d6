package org.multiprocessing4j;

import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.posix.OSException;

/**
 * The program of a spawned child. Mirrors {@code spawn.spawn_main}.
 *
 * <p>Exit codes are the JVM's own: 0 when main returned, 1 when an exception left it, both after the last non-daemon
 * thread has ended.
 */
final class SpawnMain {

    private SpawnMain() {}

    /** Runs the process that comes in over standard input. */
    public static void main(String[] args) throws Exception {
        OSException.check(Jvm.default_sent_faults(true));
        Process process = Spawn.receive();
        if (process == null) {
            return;
        }
        Thread.currentThread().setUncaughtExceptionHandler(new Report(process));
        Bootstrap.endWithParent(process);
        process.run();
    }

    /** No lambda: in a JVM that just started each costs milliseconds. */
    private record Report(Process process) implements Thread.UncaughtExceptionHandler {
        @Override
        public void uncaughtException(Thread thread, Throwable error) {
            Bootstrap.report(process, error);
        }
    }
}
