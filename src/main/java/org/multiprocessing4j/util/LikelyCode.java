package org.multiprocessing4j.util;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The classes whose code this process's children have run, and are likely to run again: a fork server loads them once,
 * and its children need not. Thread-safe.
 */
public final class LikelyCode {

    private static final int AT_MOST = 10_000;

    private static final Set<String> FUNCTIONS = new HashSet<>();

    private static final List<String> CLASSES = new ArrayList<>();

    private LikelyCode() {}

    /** Learns where a function's code is. */
    public static synchronized void add(Object function) {
        if (CLASSES.size() < AT_MOST && FUNCTIONS.add(function.getClass().getName())) {
            String name = Lambdas.codeOf(function);
            if (!CLASSES.contains(name)) {
                CLASSES.add(name);
            }
        }
    }

    /** Returns the name of the class that was learnt as the {@code index}-th one; null if there are not so many yet. */
    public static synchronized String get(int index) {
        return index < CLASSES.size() ? CLASSES.get(index) : null;
    }
}
