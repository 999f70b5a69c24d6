package org.multiprocessing4j.cli.stress.locks;

/** What is stressed; in the order in which the C++ worker (src/stress/cpp) numbers them. */
public enum Kind {
    /** One at a time, and the next learns that its owner died. */
    LOCK("Lock"),
    /** As a lock, taken twice. */
    RLOCK("RLock"),
    /** So many at a time, and permits come back from the dead. */
    SEMAPHORE("Semaphore"),
    /** As a semaphore, and never more permits than at first. */
    BOUNDED_SEMAPHORE("BoundedSemaphore"),
    /** A bounded buffer by two conditions of one lock, with one signal for each item and each free place. */
    CONDITION("Condition"),
    /** Some set and clear it while others wait. */
    EVENT("Event"),
    /** Rounds for all; when one has died, nobody passes and nobody waits. */
    BARRIER("Barrier");

    private final String title;

    Kind(String title) {
        this.title = title;
    }

    /** The name of the class. */
    public String title() {
        return title;
    }
}
