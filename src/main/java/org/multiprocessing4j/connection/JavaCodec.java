package org.multiprocessing4j.connection;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.InvalidObjectException;
import java.io.NotSerializableException;
import java.io.ObjectInputFilter.Status;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.Serial;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.multiprocessing4j.util.Described;

/** JDK serialization; see {@link Codecs#java()}. The first byte of a message says what follows. */
final class JavaCodec implements Codec {

    static final JavaCodec UNRESTRICTED = new JavaCodec(null);

    @Serial
    private static final long serialVersionUID = 1L;

    private static final byte OBJECT = 'O';
    private static final byte TEXT = 'S';
    private static final byte BYTES = 'B';
    private static final byte INT = 'I';
    private static final byte LONG = 'L';
    private static final byte DOUBLE = 'D';

    private static final int DEEPEST = 400;

    /** Null where every class may be received. Not transient: that it cannot travel has to be seen. */
    @SuppressWarnings("serial") // it is not serializable, and that is the point
    private final ObjectInputFilter filter;

    JavaCodec(ObjectInputFilter filter) {
        this.filter = filter;
    }

    @Override
    public byte[] encode(Object object) throws IOException {
        if (object instanceof String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            // A text with half a surrogate pair has no such form.
            return new String(bytes, StandardCharsets.UTF_8).equals(text) ? tagged(TEXT, bytes) : serialize(text);
        }
        if (object instanceof byte[] bytes) {
            return tagged(BYTES, bytes);
        }
        if (object instanceof Integer number) {
            return ByteBuffer.allocate(1 + Integer.BYTES).put(INT).putInt(number).array();
        }
        if (object instanceof Long number) {
            return ByteBuffer.allocate(1 + Long.BYTES).put(LONG).putLong(number).array();
        }
        if (object instanceof Double number) {
            return ByteBuffer.allocate(1 + Double.BYTES).put(DOUBLE).putDouble(number).array();
        }
        return serialize(object);
    }

    private static byte[] tagged(byte tag, byte[] bytes) {
        return ByteBuffer.allocate(1 + bytes.length).put(tag).put(bytes).array();
    }

    private static byte[] serialize(Object object) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        bytes.write(OBJECT);
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        } catch (NotSerializableException e) {
            throw new IllegalArgumentException("cannot send: " + e.getMessage() + " is not serializable", e);
        }
        return bytes.toByteArray();
    }

    @Override
    public Object decode(byte[] message) throws IOException {
        byte tag = message.length == 0 ? 0 : message[0];
        int size = message.length - 1;
        if (tag == OBJECT) {
            return deserialize(message);
        }
        if (tag == TEXT) {
            return new String(message, 1, size, StandardCharsets.UTF_8);
        }
        if (tag == BYTES) {
            return checked(Arrays.copyOfRange(message, 1, message.length));
        }
        ByteBuffer number = ByteBuffer.wrap(message);
        if (tag == INT && size == Integer.BYTES) {
            return checked(number.getInt(1));
        }
        if (tag == LONG && size == Long.BYTES) {
            return checked(number.getLong(1));
        }
        if (tag == DOUBLE && size == Double.BYTES) {
            return checked(number.getDouble(1));
        }
        throw new InvalidObjectException("the message is no object of Codecs.java(): was it sent as bytes?");
    }

    /** The short cuts are asked about as their classes would be in a serialized object; the JDK asks about no text. */
    private Object checked(Object object) throws InvalidClassException {
        ObjectInputFilter general = ObjectInputFilter.Config.getSerialFilter();
        if (filter != null || general != null) {
            int length = object instanceof byte[] bytes ? bytes.length : -1;
            for (Class<?> type = object.getClass(); type != Object.class; type = type.getSuperclass()) {
                Described.check(general, type, length);
                Described.check(filter, type, length);
            }
        }
        return object;
    }

    private Object deserialize(byte[] message) throws IOException {
        ByteArrayInputStream bytes = new ByteArrayInputStream(message, 1, message.length - 1);
        try (ObjectInputStream in = new Input(bytes)) {
            ObjectInputFilter general = in.getObjectInputFilter();
            in.setObjectInputFilter(info -> check(general, info, message.length));
            return in.readObject();
        } catch (ClassNotFoundException e) {
            throw PickleCodec.invalid("there is no class " + e.getMessage() + " here", e);
        }
    }

    private Status check(ObjectInputFilter general, ObjectInputFilter.FilterInfo info, int messageLength) {
        if (info.depth() > DEEPEST || info.arrayLength() > messageLength) {
            return Status.REJECTED;
        }
        return allows(general, info) && allows(filter, info) ? Status.UNDECIDED : Status.REJECTED;
    }

    private static boolean allows(ObjectInputFilter asked, ObjectInputFilter.FilterInfo info) {
        Status status = asked == null ? Status.UNDECIDED : asked.checkInput(info);
        return status != null && status != Status.REJECTED;
    }

    @Serial
    private Object readResolve() {
        return filter == null ? UNRESTRICTED : this;
    }

    /** Finds the application's classes, whoever calls. */
    private static final class Input extends ObjectInputStream {
        Input(ByteArrayInputStream in) throws IOException {
            super(in);
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass description) throws IOException, ClassNotFoundException {
            ClassLoader loader = Thread.currentThread().getContextClassLoader();
            try {
                return super.resolveClass(description);
            } catch (ClassNotFoundException e) {
                if (loader == null) {
                    throw e;
                }
                return Class.forName(description.getName(), false, loader);
            }
        }
    }
}
