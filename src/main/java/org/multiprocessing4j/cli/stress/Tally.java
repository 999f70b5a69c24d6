package org.multiprocessing4j.cli.stress;

import java.time.Duration;
import org.multiprocessing4j.cli.stress.Children.Way;

/** What came of a trial. Used by one thread. */
public final class Tally {
    private final Jdk jdk;
    private final Collector collector;
    private final Times idle = new Times();
    private final Times busy = new Times();
    private final Times server = new Times();
    private int begun;
    private int passed;
    private int liveForks;
    private int serverStarts;
    private int failures;
    private int refused;
    private int lost;
    private Duration time = Duration.ZERO;
    private String note = "";

    Tally(Jdk jdk, Collector collector) {
        this.jdk = jdk;
        this.collector = collector;
    }

    void begun() {
        begun++;
    }

    void started(Way way, boolean atWork, long nanos) {
        if (way.forksTheWorker()) {
            liveForks++;
            (atWork ? busy : idle).add(nanos);
        } else {
            serverStarts++;
            server.add(nanos);
        }
    }

    void passed() {
        passed++;
    }

    void failed() {
        failures++;
    }

    /** A worker that hung or died: it was replaced. */
    void lostWorker() {
        failures++;
        lost++;
    }

    void refused() {
        refused++;
    }

    void took(Duration duration) {
        time = duration;
    }

    void note(String text) {
        note = text;
    }

    /** The JDK that was tested. */
    public Jdk jdk() {
        return jdk;
    }

    /** The collector that was tested. */
    public Collector collector() {
        return collector;
    }

    /** Children that were asked for so far. */
    public int children() {
        return begun;
    }

    /** Children that did what they should. */
    public int successes() {
        return passed;
    }

    /** Forks of the worker itself. */
    public int liveForks() {
        return liveForks;
    }

    /** Children that the fork server made. */
    public int serverStarts() {
        return serverStarts;
    }

    /** Children that failed or hung, and whatever else went wrong. */
    public int failures() {
        return failures;
    }

    /** Forks that the library refused, and that were tried again. */
    public int refusals() {
        return refused;
    }

    int lostWorkers() {
        return lost;
    }

    /** Time of a live fork of a worker at rest. */
    Times idle() {
        return idle;
    }

    /** Time of a live fork of a worker at work. */
    Times busy() {
        return busy;
    }

    /** Time of a start through the fork server. */
    Times server() {
        return server;
    }

    /** How long it took. */
    public Duration time() {
        return time;
    }

    /** What else is to be said. */
    public String note() {
        return note;
    }
}
