package org.multiprocessing4j.util;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The classes whose code this process's children have run, and are likely to run again: a fork server loads them once,
 * and its children need not. Thread-safe without a lock: a thread that is in here when a child is live-forked does not
 * come out there.
 */
public final class LikelyCode {

    private static final int AT_MOST = 10_000;

    private static final Set<String> FUNCTIONS = new ConcurrentSkipListSet<>();

    /** Never changed, but replaced. */
    private static final AtomicReference<List<String>> CLASSES = new AtomicReference<>(List.of());

    private LikelyCode() {}

    /** Learns where a function's code is. */
    public static void add(Object function) {
        if (CLASSES.get().size() < AT_MOST && FUNCTIONS.add(function.getClass().getName())) {
            addClass(Lambdas.codeOf(function));
        }
    }

    private static void addClass(String name) {
        List<String> known;
        List<String> more;
        do {
            known = CLASSES.get();
            if (known.contains(name)) {
                return;
            }
            more = new ArrayList<>(known);
            more.add(name);
        } while (!CLASSES.compareAndSet(known, more));
    }

    /** Returns the name of the class that was learnt as the {@code index}-th one; null if there are not so many yet. */
    public static String get(int index) {
        List<String> known = CLASSES.get();
        return index < known.size() ? known.get(index) : null;
    }
}
