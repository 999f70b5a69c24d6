package org.multiprocessing4j.pool;

import java.util.ArrayList;
import java.util.List;

/**
 * The inputs of a pool's calls that have not been taken to their ends: until they have, a closed pool goes on.
 * Thread-safe.
 */
final class Inputs {

    /** How often those who wait for a pool's end look whether there are any that nobody is left to take. */
    static final long LOOK_MILLIS = 100;

    private final List<Feed> open = new ArrayList<>();
    private final Runnable onEnd;
    private int beginning;

    /** @param onEnd is run when one has ended, with no lock held */
    Inputs(Runnable onEnd) {
        this.onEnd = onEnd;
    }

    /** A call begins: see {@link Engine#begin()}. */
    synchronized void begin() {
        beginning++;
    }

    /** It has begun: all that it has to do is there, or its input. */
    void begun() {
        synchronized (this) {
            beginning--;
        }
        onEnd.run();
    }

    synchronized void add(Feed feed) {
        open.add(feed);
    }

    void remove(Feed feed) {
        synchronized (this) {
            open.remove(feed);
        }
        onEnd.run();
    }

    synchronized boolean areEnded() {
        return open.isEmpty() && beginning == 0;
    }

    /** For one who waits for the pool's end: has the rest of those inputs taken whose results nobody else will take. */
    synchronized void takeOver() {
        open.forEach(Feed::takeOver);
    }

    /** For one who has stopped waiting. */
    synchronized void giveBack() {
        open.forEach(feed -> feed.setUnlimited(false));
    }
}
