package org.multiprocessing4j.cli.crosscheck;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * What one run of a program left to look at.
 *
 * @param stdout everything written to standard output until the last process closed it
 * @param stderr the same of standard error
 * @param exitCode the first process's exit code, 128 + n if signal n ended it; nothing if it had to be killed
 * @param time from the start to the end of the first process and of both streams
 * @param trouble what went wrong about its end: the account of a hang, or of processes left behind; empty if nothing
 */
public record RunResult(String stdout, String stderr, OptionalInt exitCode, Duration time, String trouble) {
    /**
     * Returns the running time.
     *
     * @return seconds, to the millisecond
     */
    public double seconds() {
        return time.toMillis() / 1000.0;
    }
}
