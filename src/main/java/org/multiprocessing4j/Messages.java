package org.multiprocessing4j;

import java.io.IOException;
import java.io.InvalidClassException;
import java.io.InvalidObjectException;
import java.io.NotSerializableException;
import java.io.ObjectInputFilter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.multiprocessing4j.util.Described;

/**
 * Objects as the bytes of a message, and a letter that says what they are. Byte arrays, strings, boxed primitives and
 * records of these have a compact form, in native byte order, which C++ programs know as far as they have such types;
 * everything else goes through JDK serialization.
 */
final class Messages {

    private static final byte BYTES = 'B';
    private static final byte FOREIGN = 'x';
    private static final byte TEXT = 's';
    private static final byte CHARS = 'T';
    private static final byte INT = 'i';
    private static final byte LONG = 'q';
    private static final byte DOUBLE = 'd';
    private static final byte FLOAT = 'f';
    private static final byte BOOLEAN = '?';
    private static final byte CHAR = 'c';
    private static final byte BYTE = 'b';
    private static final byte SHORT = 'h';
    private static final byte NULL = 'N';
    private static final byte RECORD = 'R';
    private static final byte OBJECT = 'J';

    private Messages() {}

    /** Where the length of what was written stands in an encoding; the letter is below it. */
    private static final int LENGTH_SHIFT = 8;

    static int length(long encoding) {
        return (int) (encoding >>> LENGTH_SHIFT);
    }

    static int letter(long encoding) {
        return (int) encoding & 0xff;
    }

    /**
     * Writes an object to the beginning of a scratch. What this process keeps for the message's reader it gives back
     * when the scratch is released, unless that was {@link Scratch#sent}.
     *
     * @return its {@link #length} and {@link #letter}
     * @throws IllegalArgumentException if something in it is not serializable: says what, and where it is
     */
    static long encode(Object object, Scratch scratch) {
        if (object instanceof byte[] bytes) {
            scratch.ensure(bytes.length, 0);
            scratch.buffer().put(0, bytes);
            return encoding(BYTES, bytes.length);
        }
        Writer writer = new Writer(scratch);
        byte letter = writer.write(object);
        if (letter == OBJECT) {
            byte[] bytes = serialize(object, scratch);
            writer.at = 0;
            writer.put(bytes);
        }
        return encoding(letter, writer.at);
    }

    private static long encoding(byte letter, int length) {
        return (long) length << LENGTH_SHIFT | letter;
    }

    private static byte[] serialize(Object object, Scratch scratch) {
        try {
            return scratch.message().during(() -> Reduction.dumps(object));
        } catch (NotSerializableException e) {
            throw new IllegalArgumentException("cannot put: " + CapturePath.describe(object, e.getMessage()), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot put a " + object.getClass().getName(), e);
        }
    }

    /**
     * Reads an object from a buffer.
     *
     * @param at where it begins
     * @param filter what may be in it; null: what the JVM allows
     * @throws UncheckedIOException if it cannot be read: its class is not there, or the filter rejects it
     */
    static Object decode(byte letter, int length, ByteBuffer buffer, int at, ObjectInputFilter filter) {
        try {
            return new Reader(buffer, at, filter).read(letter, length);
        } catch (IOException e) {
            throw new UncheckedIOException("a message cannot be read", e);
        }
    }

    /** Appends to a scratch. Answers the letter of what it wrote; {@code OBJECT} if it could not. */
    private static final class Writer {
        private final Scratch scratch;
        private int at;

        Writer(Scratch scratch) {
            this.scratch = scratch;
        }

        private byte write(Object value) {
            if (value instanceof String text) {
                return write(text);
            } else if (value instanceof Integer number) {
                room(Integer.BYTES).putInt(at, number);
                return end(INT, Integer.BYTES);
            } else if (value instanceof Long number) {
                room(Long.BYTES).putLong(at, number);
                return end(LONG, Long.BYTES);
            } else if (value instanceof Double number) {
                room(Double.BYTES).putDouble(at, number);
                return end(DOUBLE, Double.BYTES);
            } else if (value instanceof Boolean truth) {
                room(1).put(at, (byte) (truth ? 1 : 0));
                return end(BOOLEAN, 1);
            } else if (value instanceof byte[] bytes) {
                put(bytes);
                return BYTES;
            }
            return writeRarer(value);
        }

        private byte writeRarer(Object value) {
            if (value instanceof Float number) {
                room(Float.BYTES).putFloat(at, number);
                return end(FLOAT, Float.BYTES);
            } else if (value instanceof Character character) {
                room(Character.BYTES).putChar(at, character);
                return end(CHAR, Character.BYTES);
            } else if (value instanceof Byte number) {
                room(1).put(at, number);
                return end(BYTE, 1);
            } else if (value instanceof Short number) {
                room(Short.BYTES).putShort(at, number);
                return end(SHORT, Short.BYTES);
            } else if (value instanceof Record record) {
                RecordShape shape = RecordShape.of(record.getClass());
                return shape == null ? OBJECT : write(record, shape);
            }
            return value == null ? NULL : OBJECT;
        }

        /** UTF-8, but for strings that are no text: those with half a surrogate pair. */
        private byte write(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            boolean ascii = bytes.length == text.length();
            String back = new String(bytes, ascii ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
            if (back.equals(text)) {
                put(bytes);
                return TEXT;
            }
            ByteBuffer buffer = room(Math.multiplyExact(text.length(), Character.BYTES));
            for (int i = 0; i < text.length(); i++) {
                buffer.putChar(at + i * Character.BYTES, text.charAt(i));
            }
            return end(CHARS, text.length() * Character.BYTES);
        }

        /** The class's name and the components, each of them after its letter and its length. */
        private byte write(Record record, RecordShape shape) {
            byte[] name = shape.name();
            room(Short.BYTES).putShort(at, (short) name.length);
            at += Short.BYTES;
            put(name);
            for (int i = 0; i < shape.size(); i++) {
                int head = at;
                room(1 + Integer.BYTES);
                at += 1 + Integer.BYTES;
                byte letter = write(shape.component(record, i));
                if (letter == OBJECT) {
                    return OBJECT;
                }
                scratch.buffer().put(head, letter).putInt(head + 1, at - head - 1 - Integer.BYTES);
            }
            return RECORD;
        }

        private void put(byte[] bytes) {
            room(bytes.length).put(at, bytes);
            at += bytes.length;
        }

        private ByteBuffer room(int size) {
            scratch.ensure(Math.addExact(at, size), at);
            return scratch.buffer();
        }

        private byte end(byte letter, int size) {
            at += size;
            return letter;
        }
    }

    private static final class Reader {
        private final ByteBuffer buffer;
        private final ObjectInputFilter filter;
        private int at;

        Reader(ByteBuffer buffer, int at, ObjectInputFilter filter) {
            this.buffer = buffer;
            this.at = at;
            this.filter = filter;
        }

        Object read(byte letter, int length) throws IOException {
            Object value = switch (letter) {
                case BYTES, FOREIGN -> bytes(length);
                case TEXT -> new String(bytes(length), StandardCharsets.UTF_8);
                case INT -> buffer.getInt(at);
                case LONG -> buffer.getLong(at);
                case DOUBLE -> buffer.getDouble(at);
                case BOOLEAN -> buffer.get(at) != 0;
                case NULL -> null;
                case RECORD -> record();
                case OBJECT -> object(length);
                default -> rarer(letter, length);
            };
            at += length;
            return value;
        }

        private Object rarer(byte letter, int length) throws IOException {
            return switch (letter) {
                case FLOAT -> buffer.getFloat(at);
                case CHAR -> buffer.getChar(at);
                case BYTE -> buffer.get(at);
                case SHORT -> buffer.getShort(at);
                case CHARS -> chars(length);
                default -> throw new InvalidObjectException("no message begins with '" + (char) letter + "'");
            };
        }

        private byte[] bytes(int length) {
            byte[] bytes = new byte[length];
            buffer.get(at, bytes);
            return bytes;
        }

        private String chars(int length) {
            char[] chars = new char[length / Character.BYTES];
            for (int i = 0; i < chars.length; i++) {
                chars[i] = buffer.getChar(at + i * Character.BYTES);
            }
            return new String(chars);
        }

        private Object object(int length) throws IOException {
            try {
                return Reduction.loads(bytes(length), filter);
            } catch (ClassNotFoundException e) {
                throw notFound(e);
            }
        }

        private Object record() throws IOException {
            int start = at;
            int length = Short.toUnsignedInt(buffer.getShort(at));
            at += Short.BYTES;
            String name = new String(bytes(length), StandardCharsets.UTF_8);
            at += length;
            RecordShape shape = shape(name);
            Object[] components = new Object[shape.size()];
            for (int i = 0; i < components.length; i++) {
                byte letter = buffer.get(at);
                int size = buffer.getInt(at + 1);
                at += 1 + Integer.BYTES;
                components[i] = read(letter, size);
            }
            at = start; // the caller adds the whole length
            return shape.construct(components);
        }

        private RecordShape shape(String name) throws IOException {
            Class<?> type;
            try {
                type = Class.forName(name, false, Thread.currentThread().getContextClassLoader());
            } catch (ClassNotFoundException e) {
                throw notFound(e);
            }
            RecordShape shape = RecordShape.of(type);
            if (shape == null) {
                throw new InvalidClassException(name, "no record of that name is accessible");
            }
            Described.check(filter != null ? filter : ObjectInputFilter.Config.getSerialFilter(), type, -1);
            return shape;
        }

        private static InvalidClassException notFound(ClassNotFoundException e) {
            InvalidClassException error = new InvalidClassException(e.getMessage(), "class not found");
            error.initCause(e);
            return error;
        }
    }
}
