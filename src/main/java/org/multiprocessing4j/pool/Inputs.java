package org.multiprocessing4j.pool;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * The inputs of a pool's {@code imap} calls that have not been taken to their ends: until they have, a closed pool goes
 * on. Thread-safe.
 */
final class Inputs {

    /** How often those who wait for a pool's end look whether there are any that nobody is left to take. */
    static final long LOOK_MILLIS = 100;

    private final List<WeakReference<IMapIterator<?>>> open = new ArrayList<>();
    private final Runnable onEnd;

    /** @param onEnd is run when one has ended, with no lock held */
    Inputs(Runnable onEnd) {
        this.onEnd = onEnd;
    }

    synchronized void add(IMapIterator<?> iterator) {
        areEnded(); // forgets those that were forgotten
        open.add(new WeakReference<>(iterator));
    }

    void remove(IMapIterator<?> iterator) {
        synchronized (this) {
            open.removeIf(reference -> reference.refersTo(iterator));
        }
        onEnd.run();
    }

    /** What nobody has a reference to has ended, too. */
    synchronized boolean areEnded() {
        open.removeIf(reference -> reference.refersTo(null));
        return open.isEmpty();
    }

    /** For one who waits for the pool's end: takes the rest of those inputs that nobody else will. */
    void takeOver() {
        List<WeakReference<IMapIterator<?>>> now;
        synchronized (this) {
            now = List.copyOf(open);
        }
        for (WeakReference<IMapIterator<?>> reference : now) {
            IMapIterator<?> iterator = reference.get();
            if (iterator != null) {
                iterator.takeOver();
            } else {
                onEnd.run();
            }
        }
    }
}
