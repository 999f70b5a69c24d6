package org.multiprocessing4j;

import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * The program of a spawned child. Mirrors {@code spawn.spawn_main} and {@code BaseProcess._bootstrap}.
 *
 * <p>Exit codes are the JVM's own: 0 when main returned, 1 when an exception left it, both after the last non-daemon
 * thread has ended.
 */
final class SpawnMain {

    private SpawnMain() {}

    /** Runs the process that comes in over standard input. */
    public static void main(String[] args) throws Exception {
        OSException.check(Jvm.default_sent_faults());
        Process process = Spawn.receive();
        if (process == null) {
            return;
        }
        Thread.currentThread().setUncaughtExceptionHandler(new Report(process));
        if (process.daemon()) {
            endWithParent();
        }
        process.run();
    }

    /** No lambda: in a JVM that just started each costs milliseconds. */
    private record Report(Process process) implements Thread.UncaughtExceptionHandler {
        @Override
        public void uncaughtException(Thread thread, Throwable error) {
            synchronized (System.err) {
                System.err.println("Process " + process.name() + ":");
                error.printStackTrace();
            }
        }
    }

    /** A daemon ends with its parent also when that was killed, and cannot terminate it. */
    private static void endWithParent() {
        Thread watch = new Thread(() -> {
            Posix.waitReadable(SpawnedJvm.PARENT, null);
            Posix.kill(Posix.getpid(), Posix.SIGTERM);
        }, "multiprocessing parent watch");
        watch.setDaemon(true);
        watch.start();
    }
}
