package org.multiprocessing4j;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.NotSerializableException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.UncheckedIOException;
import org.multiprocessing4j.util.Coding;
import org.multiprocessing4j.util.Message;

/** Serialization for a child. Mirrors reduction.py. */
final class Reduction {

    private Reduction() {}

    /**
     * Serializes a process with its target and arguments.
     *
     * @throws IllegalArgumentException if something in it is not serializable: it says what, and where it hangs
     */
    static byte[] dumps(Process process) {
        return describing(process, () -> dumps((Object) process));
    }

    /** Does a part of serializing the process, with the errors of {@link #dumps(Process)}. */
    static <T> T describing(Process process, Writing<T> writing) {
        try {
            return writing.run();
        } catch (NotSerializableException e) {
            throw new IllegalArgumentException(
                    "cannot start " + process.name() + ": " + CapturePath.describe(process, e.getMessage()), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + process.name(), e);
        }
    }

    @FunctionalInterface
    interface Writing<T> {
        T run() throws IOException;
    }

    /** As {@link #dumps(Object)}, for a process that runs already; else a part of what this thread is just writing. */
    static byte[] dumpsMessage(Object object) throws IOException {
        if (Coding.isWriting()) {
            return dumps(object);
        }
        try (Message message = new Message()) {
            byte[] bytes = message.during(() -> dumps(object));
            message.sent();
            return bytes;
        }
    }

    static byte[] dumps(Object object) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads an object of a message. Classes are looked for where the calling thread's context class loader finds them.
     *
     * @param filter what may be in it; null: what the JVM allows
     */
    static Object loads(byte[] bytes, ObjectInputFilter filter) throws IOException, ClassNotFoundException {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        try (ObjectInputStream in = new ContextInputStream(new ByteArrayInputStream(bytes), loader)) {
            if (filter != null) {
                in.setObjectInputFilter(filter);
            }
            return in.readObject();
        }
    }

    private static final class ContextInputStream extends ObjectInputStream {
        private final ClassLoader loader;

        ContextInputStream(InputStream in, ClassLoader loader) throws IOException {
            super(in);
            this.loader = loader;
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass description) throws IOException, ClassNotFoundException {
            try {
                return Class.forName(description.getName(), false, loader);
            } catch (ClassNotFoundException e) {
                return super.resolveClass(description); // knows the primitive types, too
            }
        }
    }

    /** Reads what {@link #dumps} wrote. */
    static Process loads(byte[] bytes) throws IOException, ClassNotFoundException {
        return (Process) loads(new ByteArrayInputStream(bytes));
    }

    /** Reads the object that the rest of a stream is. */
    static Object loads(InputStream in) throws IOException, ClassNotFoundException {
        return new ObjectInputStream(in).readObject();
    }
}
