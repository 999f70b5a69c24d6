package org.multiprocessing4j.pool;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import org.multiprocessing4j.ForkingPickler;

/**
 * The values of a chunk as bytes. Numbers of one kind are a column; other plain values and arrays of numbers have a
 * letter each; everything else goes through JDK serialization, all values of the chunk at once, so that what they
 * share they share at the other side.
 */
final class Codec {

    /** In place of a value: its computation failed. */
    record Failure(Throwable error) {}

    private static final byte INTS = 'i';
    private static final byte LONGS = 'q';
    private static final byte DOUBLES = 'd';
    private static final byte MIXED = '*';
    private static final byte OBJECTS = 'J';

    private Codec() {}

    /**
     * Appends the values.
     *
     * @param carrier takes large arrays; null: they are written like others
     * @throws IllegalArgumentException if something in them is not serializable: it says what and where
     */
    static void write(Bytes out, Object[] values, Carrier carrier) {
        if (!writeColumn(out, values) && !writeMixed(out, values, carrier)) {
            byte[] objects = ForkingPickler.dumps(values);
            out.putByte(OBJECTS);
            out.putBlob(objects);
        }
    }

    /** Appends results: what cannot be sent becomes a failure that says so. */
    static void writeOutcomes(Bytes out, Object[] outcomes, Carrier carrier) {
        int start = out.position();
        boolean failed = false;
        for (Object outcome : outcomes) {
            failed |= outcome instanceof Failure;
        }
        if (!failed) {
            try {
                write(out, outcomes, carrier);
                return;
            } catch (RuntimeException | Error e) { // also of a value's own code
                out.position(start); // one by one: the others are sound
            }
        }
        out.putByte(MIXED);
        out.putInt(outcomes.length);
        for (Object outcome : outcomes) {
            writeOutcome(out, outcome, carrier);
        }
    }

    private static void writeOutcome(Bytes out, Object outcome, Carrier carrier) {
        if (outcome instanceof Failure failure) {
            writeFailure(out, failure.error);
            return;
        }
        int start = out.position();
        try {
            if (!writeOne(out, outcome, carrier)) {
                byte[] bytes = ForkingPickler.dumps(outcome);
                out.putByte(OBJECTS);
                out.putBlob(bytes);
            }
        } catch (RuntimeException | Error e) {
            out.position(start);
            writeUnsendable(out, outcome.getClass().getName(),
                    "Error sending result of class " + outcome.getClass().getName() + ": " + message(e), e);
        }
    }

    private static void writeFailure(Bytes out, Throwable error) {
        String trace = trace(error);
        byte[] bytes;
        try {
            bytes = ForkingPickler.dumps(error);
        } catch (RuntimeException | Error e) {
            writeUnsendable(out, error.getClass().getName(),
                    text(error) + " (it could not be sent as it is: " + message(e) + ")", error);
            return;
        }
        out.putByte('X');
        out.putBlob(bytes);
        out.putText(trace);
    }

    private static void writeUnsendable(Bytes out, String type, String message, Throwable error) {
        out.putByte('x');
        out.putText(type);
        out.putText(message);
        out.putText(trace(error));
    }

    private static String trace(Throwable error) {
        StringWriter text = new StringWriter();
        try {
            error.printStackTrace(new PrintWriter(text, true));
        } catch (RuntimeException | Error e) {
            text.write(text(error) + ", whose trace cannot be printed: " + e.getClass().getName() + "\n");
        }
        return text.toString();
    }

    /** An exception's own text; its class's name if its own code fails. */
    private static String text(Throwable error) {
        try {
            return error.toString();
        } catch (RuntimeException | Error e) {
            return error.getClass().getName();
        }
    }

    private static String message(Throwable error) {
        try {
            return error.getMessage();
        } catch (RuntimeException | Error e) {
            return error.getClass().getName();
        }
    }

    private static boolean writeColumn(Bytes out, Object[] values) {
        Object first = values.length == 0 ? null : values[0];
        Class<?> type = first == null ? Object.class : first.getClass();
        if (type != Integer.class && type != Long.class && type != Double.class) {
            return false;
        }
        int start = out.position();
        out.putByte(type == Integer.class ? INTS : type == Long.class ? LONGS : DOUBLES);
        out.putInt(values.length);
        for (Object value : values) {
            if (value == null || value.getClass() != type) {
                out.position(start);
                return false;
            }
            if (value instanceof Integer number) {
                out.putInt(number);
            } else {
                out.putLong(value instanceof Long number ? number : Double.doubleToRawLongBits((Double) value));
            }
        }
        return true;
    }

    private static boolean writeMixed(Bytes out, Object[] values, Carrier carrier) {
        for (Object value : values) {
            if (!isPlain(value)) {
                return false;
            }
        }
        out.putByte(MIXED);
        out.putInt(values.length);
        for (Object value : values) {
            writeOne(out, value, carrier);
        }
        return true;
    }

    private static boolean isPlain(Object value) {
        return value == null || value instanceof String || value instanceof Integer || value instanceof Long
                || value instanceof Double || value instanceof Boolean || value instanceof byte[]
                || value instanceof int[] || value instanceof long[] || value instanceof double[];
    }

    /** @return false for what is not plain; then nothing was written */
    private static boolean writeOne(Bytes out, Object value, Carrier carrier) {
        if (value == null) {
            out.putByte('N');
        } else if (value instanceof String text) {
            out.putByte('s');
            out.putText(text);
        } else if (value instanceof Integer number) {
            out.putByte('i');
            out.putInt(number);
        } else if (value instanceof Long number) {
            out.putByte('q');
            out.putLong(number);
        } else if (value instanceof Double number) {
            out.putByte('d');
            out.putLong(Double.doubleToRawLongBits(number));
        } else if (value instanceof Boolean truth) {
            out.putByte(truth ? '1' : '0');
        } else {
            return writeArray(out, value, carrier);
        }
        return true;
    }

    private static boolean writeArray(Bytes out, Object value, Carrier carrier) {
        if (value instanceof byte[] bytes) {
            begin(out, 'B', bytes.length, Byte.BYTES, carrier).put(bytes);
        } else if (value instanceof int[] numbers) {
            begin(out, 'I', numbers.length, Integer.BYTES, carrier).asIntBuffer().put(numbers);
        } else if (value instanceof long[] numbers) {
            begin(out, 'L', numbers.length, Long.BYTES, carrier).asLongBuffer().put(numbers);
        } else if (value instanceof double[] numbers) {
            begin(out, 'D', numbers.length, Double.BYTES, carrier).asDoubleBuffer().put(numbers);
        } else {
            return false;
        }
        return true;
    }

    /** The letter, and the length: negative if the bytes lie elsewhere. */
    private static ByteBuffer begin(Bytes out, char letter, int length, int size, Carrier carrier) {
        int bytes = Math.multiplyExact(length, size);
        out.putByte(letter);
        if (carrier != null && bytes >= Carrier.LEAST) {
            int start = out.position();
            out.putInt(~bytes);
            ByteBuffer elsewhere = carrier.put(out, bytes);
            if (elsewhere != null) {
                return elsewhere;
            }
            out.position(start);
        }
        out.putInt(bytes);
        return out.putSpace(bytes);
    }

    /**
     * Reads what {@link #write} or {@link #writeOutcomes} wrote; failures are {@link Failure}s.
     *
     * @param carrier which has large arrays; null if it was null there
     * @throws java.io.UncheckedIOException if a class is not there
     */
    static Object[] read(Bytes in, Carrier carrier) {
        byte letter = in.getByte();
        if (letter == OBJECTS) {
            return (Object[]) ForkingPickler.loads(in.getBlob(), null);
        }
        Object[] values = new Object[in.getInt()];
        switch (letter) {
            case INTS -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = in.getInt();
                }
            }
            case LONGS -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = in.getLong();
                }
            }
            case DOUBLES -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Double.longBitsToDouble(in.getLong());
                }
            }
            default -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = readOne(in, carrier);
                }
            }
        }
        return values;
    }

    private static Object readOne(Bytes in, Carrier carrier) {
        byte letter = in.getByte();
        return switch (letter) {
            case 'N' -> null;
            case 's' -> in.getText();
            case 'i' -> in.getInt();
            case 'q' -> in.getLong();
            case 'd' -> Double.longBitsToDouble(in.getLong());
            case '1' -> true;
            case '0' -> false;
            case OBJECTS -> ForkingPickler.loads(in.getBlob(), null);
            case 'X', 'x' -> readFailure(in, letter);
            default -> readArray(in, letter, carrier);
        };
    }

    private static Object readArray(Bytes in, byte letter, Carrier carrier) {
        ByteBuffer buffer = space(in, carrier);
        switch (letter) {
            case 'B':
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                return bytes;
            case 'I':
                int[] ints = new int[buffer.remaining() / Integer.BYTES];
                buffer.asIntBuffer().get(ints);
                return ints;
            case 'L':
                long[] longs = new long[buffer.remaining() / Long.BYTES];
                buffer.asLongBuffer().get(longs);
                return longs;
            case 'D':
                double[] doubles = new double[buffer.remaining() / Double.BYTES];
                buffer.asDoubleBuffer().get(doubles);
                return doubles;
            default:
                throw new IllegalStateException("no value begins with '" + (char) letter + "'");
        }
    }

    private static ByteBuffer space(Bytes in, Carrier carrier) {
        int length = in.getInt();
        if (length < 0) {
            return carrier.get(in, ~length);
        }
        if (carrier != null && length >= Carrier.LEAST) {
            carrier.missed(length);
        }
        return in.getSpace(length);
    }

    private static Failure readFailure(Bytes in, byte letter) {
        if (letter == 'x') {
            RemoteException error = new RemoteException(in.getText(), in.getText());
            error.initCause(new RemoteTraceback(in.getText()));
            return new Failure(error);
        }
        byte[] bytes = in.getBlob();
        RemoteTraceback trace = new RemoteTraceback(in.getText());
        Throwable error;
        try {
            error = (Throwable) ForkingPickler.loads(bytes, null);
        } catch (RuntimeException | Error e) {
            error = new RemoteException("", "the exception of a task cannot be read here: " + text(e));
        }
        attach(error, trace);
        return new Failure(error);
    }

    /** As the cause of the last of its causes. */
    private static void attach(Throwable error, RemoteTraceback trace) {
        Throwable last = error;
        for (int i = 0; last.getCause() != null && i < 1000; i++) {
            last = last.getCause();
        }
        try {
            last.initCause(trace);
        } catch (IllegalStateException e) { // it was made without a cause for good
            error.addSuppressed(trace);
        }
    }
}
