package org.multiprocessing4j;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
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
}
