package org.multiprocessing4j.cli.bench;

import java.util.Collection;

/**
 * What is told of the rounds of one peer.
 *
 * @param median the middle one; the mean of the two in the middle if their number is even
 * @param min    the least
 * @param max    the greatest
 */
public record Summary(double median, double min, double max) {

    /** Sums up at least one sample. */
    static Summary of(Collection<Double> samples) {
        double[] sorted = samples.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        return new Summary(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** Returns the distance of the extremes in percent of the median; 0 if the median is 0. */
    double spreadPercent() {
        return median == 0 ? 0 : 100 * (max - min) / median;
    }
}
