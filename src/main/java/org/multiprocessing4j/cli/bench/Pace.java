package org.multiprocessing4j.cli.bench;

import java.time.Duration;

/**
 * How long a measurement takes.
 *
 * @param rounds     how many times each peer measures a figure
 * @param round      how long one of them should take
 * @param javaWarmUp how long Java works before it is measured: long enough for its optimising compiler, and for a fork
 *     server to settle
 * @param warmUp     how long the others do
 */
public record Pace(int rounds, Duration round, Duration javaWarmUp, Duration warmUp) {
    /** For numbers to be trusted. */
    public static final Pace FULL = new Pace(15, Duration.ofMillis(75), Duration.ofSeconds(4), Duration.ofMillis(200));
    /** For a look. */
    public static final Pace QUICK = new Pace(5, Duration.ofMillis(20), Duration.ofMillis(600), Duration.ofMillis(50));

    Duration warmUp(Role role) {
        return role == Role.JAVA ? javaWarmUp : warmUp;
    }
}
