package org.multiprocessing4j.cli.bench;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import java.util.Optional;

/**
 * A bound that Java's median of a figure should keep.
 *
 * @param factor the bound itself, in the figure's unit, or a multiple of another peer's median
 * @param of     that other peer; empty for an absolute bound
 */
public record Target(double factor, Optional<Role> of) {

    /** Returns the target of at most {@code bound}, in the figure's unit. */
    static Target atMost(double bound) {
        return new Target(bound, Optional.empty());
    }

    /** Returns the target of at most {@code factor} times the median of {@code role}. */
    static Target atMost(double factor, Role role) {
        return new Target(factor, Optional.of(role));
    }

    /** Returns whether a result keeps the bound; nothing if one of the peers it needs took no part. */
    Optional<Boolean> isMetBy(Result result) {
        Optional<Double> bound = of.map(result::median).orElse(Optional.of(1.0)).map(base -> factor * base);
        return result.median(Role.JAVA).flatMap(java -> bound.map(most -> java <= most));
    }

    /** Describes the bound, as in {@code <= 1/8 python} or {@code <= 3 ns}. */
    String describe(Unit unit) {
        return "<= " + factorText() + " " + of.map(Role::toString).orElse(unit.toString());
    }

    private String factorText() {
        double inverse = 1 / factor;
        if (of.isPresent() && factor < 1 && inverse == Math.rint(inverse)) {
            return "1/" + (int) inverse;
        }
        return new DecimalFormat("0.###", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(factor);
    }
}
