package org.multiprocessing4j.connection;

import java.io.ByteArrayOutputStream;
import java.lang.reflect.Array;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Writes one object as a pickle of protocol 4. Sources: CPython's pickle.py, pickletools.py and datetime.py. */
final class PickleWriter {

    private static final int PROTOCOL = 4;

    /** What contains itself would go on for ever. */
    private static final int DEEPEST = 500;

    private static final int BYTE = 0xff;
    private static final int SHORT = 0xffff;
    private static final int FEW = 3;
    private static final int NANOS_OF_MICRO = 1000;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);
    private int depth;

    byte[] write(Object object) {
        op(0x80).write(PROTOCOL);
        put(object);
        op('.');
        return out.toByteArray();
    }

    private ByteArrayOutputStream op(int code) {
        out.write(code);
        return out;
    }

    private void put(Object object) {
        if (++depth > DEEPEST) {
            throw new IllegalArgumentException("cannot send: nested more than " + DEEPEST + " deep, or in itself");
        }
        if (!putSimple(object) && !putContainer(object) && !putTime(object)) {
            throw new IllegalArgumentException("cannot send a " + object.getClass().getName() + " as a pickle of data");
        }
        depth--;
    }

    private boolean putSimple(Object object) {
        if (object == null) {
            op('N');
        } else if (object instanceof Boolean truth) {
            op(truth ? 0x88 : 0x89);
        } else if (object instanceof Integer || object instanceof Long || object instanceof Short
                || object instanceof Byte) {
            putLong(((Number) object).longValue());
        } else if (object instanceof Double || object instanceof Float) {
            op('G').writeBytes(ByteBuffer.allocate(Double.BYTES).putDouble(((Number) object).doubleValue()).array());
        } else if (object instanceof BigInteger number) {
            putBig(number);
        } else if (object instanceof CharSequence || object instanceof Character) {
            putSized(utf8(object.toString()), 0x8c, 'X');
        } else if (object instanceof byte[] bytes) {
            putSized(bytes, 'C', 'B');
        } else if (object instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            putSized(bytes, 'C', 'B');
        } else {
            return false;
        }
        return true;
    }

    private void putLong(long number) {
        if (number >= 0 && number <= BYTE) {
            op('K').write((int) number);
        } else if (number >= 0 && number <= SHORT) {
            op('M').writeBytes(little(Short.BYTES).putShort((short) number).array());
        } else if (number == (int) number) {
            op('J').writeBytes(little(Integer.BYTES).putInt((int) number).array());
        } else {
            putBig(BigInteger.valueOf(number));
        }
    }

    private void putBig(BigInteger number) {
        byte[] bytes = number.signum() == 0 ? new byte[0] : number.toByteArray();
        for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
            byte swapped = bytes[i];
            bytes[i] = bytes[j];
            bytes[j] = swapped;
        }
        putSized(bytes, 0x8a, 0x8b);
    }

    /** Bytes with their length before them: in one byte if it fits, else in four. */
    private void putSized(byte[] bytes, int smallOp, int largeOp) {
        if (bytes.length <= BYTE) {
            op(smallOp).write(bytes.length);
        } else {
            op(largeOp).writeBytes(little(Integer.BYTES).putInt(bytes.length).array());
        }
        out.writeBytes(bytes);
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] utf8(String text) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder()
                    .onMalformedInput(CodingErrorAction.REPORT).encode(CharBuffer.wrap(text));
            return Arrays.copyOf(bytes.array(), bytes.limit());
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("cannot send a text with half a surrogate pair", e);
        }
    }

    private boolean putContainer(Object object) {
        if (object instanceof Map<?, ?> map) {
            op('}').write('(');
            map.forEach((key, value) -> {
                putHashable(key);
                put(value);
            });
            op('u');
        } else if (object instanceof Set<?> set) {
            op(0x8f).write('(');
            set.forEach(this::putHashable);
            op(0x90);
        } else if (object instanceof Collection<?> collection) {
            op(']').write('(');
            collection.forEach(this::put);
            op('e');
        } else if (object instanceof Object[] array) {
            putTuple(Arrays.asList(array), this::put);
        } else if (object.getClass().isArray()) {
            op(']').write('(');
            for (int i = 0; i < Array.getLength(object); i++) {
                put(Array.get(object, i));
            }
            op('e');
        } else {
            return false;
        }
        return true;
    }

    /** Python's lists are no keys: a list that is one in Java was a tuple, or becomes one. */
    private void putHashable(Object key) {
        if (key instanceof List<?> list) {
            if (++depth > DEEPEST) {
                throw new IllegalArgumentException("cannot send: nested more than " + DEEPEST + " deep, or in itself");
            }
            putTuple(list, this::putHashable);
            depth--;
        } else {
            put(key);
        }
    }

    private void putTuple(List<?> elements, Consumer<Object> put) {
        int size = elements.size();
        if (size == 0) {
            op(')');
            return;
        }
        if (size > FEW) {
            op('(');
        }
        elements.forEach(put);
        op(size > FEW ? 't' : 0x84 + size);
    }

    private boolean putTime(Object object) {
        if (object instanceof LocalDate date) {
            call("date", () -> putSized(bytes(date), 'C', 'B'));
        } else if (object instanceof LocalTime time) {
            call("time", () -> putSized(bytes(time), 'C', 'B'));
        } else if (object instanceof LocalDateTime time) {
            call("datetime", () -> putSized(bytes(time), 'C', 'B'));
        } else if (object instanceof OffsetDateTime time) {
            putZoned(time);
        } else if (object instanceof Instant instant) {
            putZoned(instant.atOffset(ZoneOffset.UTC));
        } else if (object instanceof Duration duration) {
            putDuration(duration);
        } else {
            return false;
        }
        return true;
    }

    /** A call of one of datetime's classes with one argument. */
    private void call(String name, Runnable argument) {
        global(name);
        argument.run();
        op(0x85).write('R');
    }

    private void global(String name) {
        op('c').writeBytes(("datetime\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void putZoned(OffsetDateTime time) {
        global("datetime");
        putSized(bytes(time.toLocalDateTime()), 'C', 'B');
        call("timezone", () -> putDuration(Duration.ofSeconds(time.getOffset().getTotalSeconds())));
        op(0x86).write('R');
    }

    private void putDuration(Duration duration) {
        long seconds = duration.getSeconds();
        long day = TimeUnit.DAYS.toSeconds(1);
        global("timedelta");
        putLong(Math.floorDiv(seconds, day));
        putLong(Math.floorMod(seconds, day));
        putLong(duration.getNano() / NANOS_OF_MICRO);
        op(0x87).write('R');
    }

    private static byte[] bytes(LocalDate date) {
        int year = date.getYear();
        if (year < 1 || year > 9999) {
            throw new IllegalArgumentException("cannot send: Python's years are 1 to 9999, not " + year);
        }
        return new byte[] {
            (byte) (year >> 8), (byte) year, (byte) date.getMonthValue(), (byte) date.getDayOfMonth()
        };
    }

    private static byte[] bytes(LocalTime time) {
        int micros = time.getNano() / NANOS_OF_MICRO;
        return new byte[] {
            (byte) time.getHour(), (byte) time.getMinute(), (byte) time.getSecond(),
            (byte) (micros >> 16), (byte) (micros >> 8), (byte) micros
        };
    }

    private static byte[] bytes(LocalDateTime time) {
        return ByteBuffer.allocate(10).put(bytes(time.toLocalDate())).put(bytes(time.toLocalTime())).array();
    }
}
