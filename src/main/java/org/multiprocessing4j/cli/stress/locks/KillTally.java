package org.multiprocessing4j.cli.stress.locks;

import java.time.Duration;

/**
 * What came of a trial.
 *
 * @param kills processes killed, of which so many were inside or in the act, and so many waited
 * @param rounds how often anybody got through
 * @param recoveries how often a lock was taken from the dead
 * @param violations broken promises that workers saw
 * @param slowest the longest time until, after a kill, everybody had got through again
 * @param trouble what went wrong; null if nothing
 */
public record KillTally(
        Kind kind, int kills, int killedInside, int killedWaiting, long rounds, long recoveries, long violations,
        Duration slowest, String trouble) {

    /** Whether all promises were kept. */
    public boolean good() {
        return violations == 0 && trouble == null;
    }
}
