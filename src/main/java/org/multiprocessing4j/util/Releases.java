package org.multiprocessing4j.util;

import java.util.ArrayList;
import java.util.List;

/** What is to be done in the end: all of it, in order, whatever fails. For one thread. */
public final class Releases {

    private final List<Runnable> all = new ArrayList<>();

    /** Nothing yet. */
    public Releases() {}

    /** Adds something. */
    public void add(Runnable release) {
        all.add(release);
    }

    /** Does it, once. Throws the first failure in the end, with the others suppressed. */
    public void run() {
        Throwable first = null;
        for (Runnable release : all) {
            try {
                release.run();
            } catch (RuntimeException | Error e) {
                if (first == null) {
                    first = e;
                } else if (first != e) {
                    first.addSuppressed(e);
                }
            }
        }
        all.clear();
        if (first instanceof RuntimeException failure) {
            throw failure;
        }
        if (first != null) {
            throw (Error) first;
        }
    }
}
