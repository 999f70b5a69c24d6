package org.multiprocessing4j;

import java.io.IOException;
import java.io.InvalidClassException;
import java.io.NotSerializableException;
import java.io.ObjectInputFilter;
import java.io.UncheckedIOException;

/**
 * Serialization for other processes. Mirrors {@code multiprocessing.reduction.ForkingPickler}. Shared objects are
 * refused: they travel to a process only when it is started. Connections and descriptors are kept for the process that
 * reads them: see {@link org.multiprocessing4j.connection.DupFd}. What is pickled while the same thread sends a message
 * or starts a process, in an object's {@code writeObject}, is a part of that.
 */
public final class ForkingPickler {

    private ForkingPickler() {}

    /**
     * Serializes an object with JDK serialization.
     *
     * @throws IllegalArgumentException if something in it is not serializable: says what, and where it is
     * @throws UncheckedIOException if serialization fails otherwise
     */
    public static byte[] dumps(Object object) {
        try {
            return Reduction.dumpsMessage(object);
        } catch (NotSerializableException e) {
            throw new IllegalArgumentException(CapturePath.describe(object, e.getMessage()), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads what {@link #dumps} wrote. Classes are looked for by the thread's context class loader.
     *
     * @param filter what may be in it; null: what the JVM allows
     * @throws UncheckedIOException if it cannot be read: a class is not there, or the filter rejects it
     */
    public static Object loads(byte[] bytes, ObjectInputFilter filter) {
        try {
            return Reduction.loads(bytes, filter);
        } catch (ClassNotFoundException e) {
            InvalidClassException error = new InvalidClassException(e.getMessage(), "class not found");
            error.initCause(e);
            throw new UncheckedIOException(error);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
