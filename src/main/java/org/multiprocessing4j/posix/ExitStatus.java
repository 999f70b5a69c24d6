package org.multiprocessing4j.posix;

/**
 * How a child ended, decoded from waitpid's status word. Source: waitpid(2).
 *
 * @param raw the status word: exit code 3 is 768 here
 */
public record ExitStatus(int raw) {

    private static final int SIGNAL = 0x7f;
    private static final int CORE = 0x80;

    /** Whether the process ended by exit. */
    public boolean exited() {
        return (raw & SIGNAL) == 0;
    }

    /** Whether a signal ended the process. */
    public boolean signaled() {
        return !exited();
    }

    /** The exit code, 0 to 255; 0 if a signal ended the process. */
    public int code() {
        return exited() ? raw >> 8 & 0xff : 0;
    }

    /** The signal that ended the process; 0 if it exited. */
    public int signal() {
        return raw & SIGNAL;
    }

    /** Whether the kernel wrote a core dump. */
    public boolean coreDumped() {
        return signaled() && (raw & CORE) != 0;
    }

    /** Python's view: the exit code, or minus the signal. */
    public int exitcode() {
        return signaled() ? -signal() : code();
    }
}
