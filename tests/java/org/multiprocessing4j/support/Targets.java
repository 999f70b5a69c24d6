package org.multiprocessing4j.support;

import java.io.IOException;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Process.Target;
import org.multiprocessing4j.posix.Posix;

/** What children run in tests. Made here, so that a child loads this class and no test. */
public final class Targets {

    private Targets() {}

    /** Does nothing. */
    public static Target nothing() {
        return () -> {};
    }

    /** Ends by {@code System.exit(code)}. */
    public static Target exit(int code) {
        return () -> System.exit(code);
    }

    /** Ends by {@code _exit(code)}. */
    public static Target exitAtOnce(int code) {
        return () -> Posix._exit(code);
    }

    /** Ends by an exception. */
    public static Target fail(String message) {
        return () -> {
            throw new IllegalStateException(message);
        };
    }

    /** Waits until the gate is opened. */
    public static Target waitFor(Gate gate) {
        return gate::pass;
    }

    /** Says that it runs, then waits until the second gate is opened. */
    public static Target waitFor(Gate running, Gate end) {
        return () -> {
            running.open();
            end.pass();
        };
    }

    /** Sends itself a signal, and goes on for a while. */
    public static Target signalItself(int signal) {
        return () -> {
            Posix.kill(Posix.getpid(), signal);
            new Gate().pass();
        };
    }

    /** Writes who it is: name, pid, parent's pid, daemon flag. */
    public static Target introduceItself(Mailbox box) {
        return () -> {
            Process self = Multiprocessing.currentProcess();
            box.put(self.name() + " " + self.pid() + " " + Posix.getppid() + " " + self.daemon());
        };
    }

    /** Writes what its standard input has to give: -1 for nothing. */
    public static Target readStandardInput(Mailbox box) {
        return () -> box.put(read());
    }

    private static int read() throws IOException {
        return System.in.read();
    }
}
