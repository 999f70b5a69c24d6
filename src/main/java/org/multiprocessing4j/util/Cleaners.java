package org.multiprocessing4j.util;

import java.lang.ref.Cleaner;

/** The cleaner of this library. One for all, since it has a thread, which each forked child has to make anew. */
public final class Cleaners {

    private static final Cleaner SHARED = Cleaner.create();

    private Cleaners() {}

    /** Returns the one for objects that hold something of the system's. What it runs must neither block nor throw. */
    public static Cleaner shared() {
        return SHARED;
    }
}
