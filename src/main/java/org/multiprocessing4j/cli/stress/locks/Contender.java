package org.multiprocessing4j.cli.stress.locks;

import java.time.Duration;
import java.util.OptionalInt;

/** A worker's process. */
public interface Contender {

    /** What it is written in. */
    String language();

    int pid();

    /** Waits for its end. @return its exit code, as Python counts it; nothing if it has not ended in time */
    OptionalInt join(Duration timeout);

    /** Kills it with SIGKILL if it still runs, and reaps it. */
    void kill();
}
