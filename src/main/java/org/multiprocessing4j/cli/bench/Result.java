package org.multiprocessing4j.cli.bench;

import java.util.Map;
import java.util.Optional;

/**
 * What was measured of one figure.
 *
 * @param figure    which
 * @param summaries of each peer that took part
 */
public record Result(Figure figure, Map<Role, Summary> summaries) {

    /** Copies the map. */
    public Result {
        summaries = Map.copyOf(summaries);
    }

    /** Returns what a peer measured; nothing if it took no part. */
    Optional<Summary> summary(Role role) {
        return Optional.ofNullable(summaries.get(role));
    }

    /** Returns a peer's median; nothing if it took no part. */
    Optional<Double> median(Role role) {
        return summary(role).map(Summary::median);
    }

    /** Returns Java's median divided by another peer's; nothing if one of them took no part or the divisor is 0. */
    Optional<Double> ratioTo(Role role) {
        return median(Role.JAVA).flatMap(java -> median(role).filter(base -> base != 0).map(base -> java / base));
    }
}
