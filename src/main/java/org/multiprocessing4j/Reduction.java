package org.multiprocessing4j;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;

/** Serialization for a child. Mirrors reduction.py. */
final class Reduction {

    private Reduction() {}

    /**
     * Serializes a process with its target and arguments.
     *
     * @throws IllegalArgumentException if something in it is not serializable: it says what, and where it hangs
     */
    static byte[] dumps(Process process) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(process);
        } catch (NotSerializableException e) {
            throw new IllegalArgumentException(
                    "cannot start " + process.name() + ": " + CapturePath.describe(process, e.getMessage()), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + process.name(), e);
        }
        return bytes.toByteArray();
    }

    /** Reads what {@link #dumps} wrote. */
    static Process loads(byte[] bytes) throws IOException, ClassNotFoundException {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            return (Process) in.readObject();
        }
    }
}
