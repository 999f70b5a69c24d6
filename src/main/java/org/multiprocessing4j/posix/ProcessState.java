package org.multiprocessing4j.posix;

/** A process's state, as the kernel tells it in /proc/PID/stat. Source: proc(5). */
public enum ProcessState {
    /** On a processor, or waiting for one. */
    RUNNING('R'),
    /** Waiting for something, and a signal would wake it. */
    SLEEPING('S'),
    /** Waiting for a device, deaf to signals. */
    DISK_SLEEP('D'),
    /** Stopped by a signal such as SIGSTOP. */
    STOPPED('T'),
    /** Stopped by a debugger. */
    TRACING('t'),
    /** Ended, and not yet reaped by its parent. */
    ZOMBIE('Z'),
    /** About to disappear. */
    DEAD('X'),
    /** An idle thread of the kernel. */
    IDLE('I');

    private final char letter;

    ProcessState(char letter) {
        this.letter = letter;
    }

    static ProcessState of(char letter) {
        for (ProcessState state : values()) {
            if (state.letter == letter) {
                return state;
            }
        }
        throw new IllegalArgumentException("unknown process state '" + letter + "'");
    }
}
