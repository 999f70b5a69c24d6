package org.multiprocessing4j.connection;

/** What {@link Connection#wait} can wait for. Python asks objects for a method of this name. */
@FunctionalInterface
public interface Waitable {

    /**
     * A descriptor that is readable once there is something to do. It stays the object's.
     *
     * @throws IllegalStateException if it is closed
     */
    int fileno();
}
