package org.multiprocessing4j.cli.bench;

import java.util.ArrayList;
import java.util.List;

/** A peer at one figure: warmed up, and knowing how many operations make a round. */
final class Contestant {
    /** Keeps a peer whose operations take no time at all from being asked for ever more of them. */
    private static final long MOST_ITERATIONS = 1_000_000_000;

    private static final double MOST_GROWTH = 10;

    private final Peer peer;
    private final Figure figure;
    private final List<Double> samples = new ArrayList<>();
    private long iterations = 1;

    /** Warms the peer up; blocks for as long as that takes. */
    Contestant(Peer peer, Figure figure, Pace pace) throws BenchException, InterruptedException {
        this.peer = peer;
        this.figure = figure;
        warmUp(pace.round().toNanos(), pace.warmUp(peer.role()).toNanos());
    }

    Role role() {
        return peer.role();
    }

    /** Performs one round. */
    void measure() throws BenchException, InterruptedException {
        samples.add(figure.unit().fromAnswer(peer.run(figure, iterations)));
    }

    /** Sums the rounds up; there must be one at least. */
    Summary summary() {
        return Summary.of(samples);
    }

    /** Adjusts the number of operations until they fill a round, for as long as the peer becomes faster. */
    private void warmUp(long round, long duration) throws BenchException, InterruptedException {
        long begin = System.nanoTime();
        double elapsed;
        do {
            elapsed = nanosecondsOf(iterations);
            double factor = Math.min(MOST_GROWTH, round / Math.max(elapsed, 1));
            iterations = Math.max(1, Math.min(MOST_ITERATIONS, Math.round(iterations * factor)));
        } while (System.nanoTime() - begin < duration || elapsed < round / 2.0 && iterations < MOST_ITERATIONS);
    }

    private double nanosecondsOf(long operations) throws BenchException, InterruptedException {
        long begin = System.nanoTime();
        double answer = peer.run(figure, operations);
        return figure.unit().isTime() ? answer * operations : System.nanoTime() - begin;
    }
}
