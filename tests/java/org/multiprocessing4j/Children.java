package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;

/** Runs processes in tests, and leaves none behind. */
final class Children {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Children() {
    }

    /** Starts all, waits for all, and expects every one to succeed. */
    static void run(Process... processes) {
        try {
            for (Process process : processes) {
                process.start();
            }
            for (Process process : processes) {
                assertThat(process.join(PATIENCE)).as("%s has ended", process.name()).isTrue();
                assertThat(process.exitcode()).as("exit code of %s", process.name()).isZero();
            }
        } finally {
            Arrays.stream(processes).forEach(Children::dispose);
        }
    }

    private static void dispose(Process process) {
        if (process.pid() != null && process.isAlive()) {
            process.kill();
            process.join();
        }
        process.close();
    }
}
