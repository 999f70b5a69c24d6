package org.multiprocessing4j.cli.stress;

import java.time.Duration;

/**
 * How long each trial takes: to whichever comes first.
 *
 * @param children how many are made
 * @param time how long they are made
 * @param deadline how long one may take before it counts as hanging
 * @param seed chooses the tasks
 */
public record Plan(int children, Duration time, Duration deadline, long seed) {}
