package org.multiprocessing4j.connection;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The functions that occur in pickles of data, and what they are here. No others are known. */
enum PickleFunction {

    /** {@code set(list)}. */
    SET {
        @Override
        Object call(PickleReader reader, Object[] arguments) throws IOException {
            Collection<?> elements = arguments.length == 0 ? List.of() : (Collection<?>) arguments[0];
            return reader.addAll(new LinkedHashSet<>(), elements);
        }
    },
    /** {@code bytes()}, {@code bytearray(bytes)}, {@code bytearray(text, 'latin-1')}. */
    BYTES {
        @Override
        Object call(PickleReader reader, Object[] arguments) throws IOException {
            if (arguments.length == 2) {
                return LATIN1.call(reader, arguments);
            }
            return arguments.length == 0 ? new byte[0] : ((byte[]) arguments[0]).clone();
        }
    },
    /** {@code codecs.encode(text, 'latin1')}: bytes, before protocol 3. */
    LATIN1 {
        @Override
        Object call(PickleReader reader, Object[] arguments) {
            if (arguments.length == 2 && LATIN1_NAMES.contains((String) arguments[1])) {
                return ((String) arguments[0]).getBytes(StandardCharsets.ISO_8859_1);
            }
            throw new IllegalArgumentException("an encoding other than Latin-1");
        }
    },
    /** {@code date(bytes)}. */
    DATE {
        @Override
        Object call(PickleReader reader, Object[] arguments) {
            return date(fields(arguments[0], DATE_BYTES));
        }
    },
    /** {@code time(bytes)}; a zone is dropped by nobody: it is refused. */
    TIME {
        @Override
        Object call(PickleReader reader, Object[] arguments) {
            checkCount(arguments, 1);
            return time(fields(arguments[0], TIME_BYTES), 0);
        }
    },
    /** {@code datetime(bytes)}, {@code datetime(bytes, timezone)}. */
    DATETIME {
        @Override
        Object call(PickleReader reader, Object[] arguments) {
            int[] fields = fields(arguments[0], DATE_BYTES + TIME_BYTES);
            LocalDateTime time = LocalDateTime.of(date(fields), time(fields, DATE_BYTES));
            if (arguments.length == 1) {
                return time;
            }
            checkCount(arguments, 2);
            return OffsetDateTime.of(time, (ZoneOffset) arguments[1]);
        }
    },
    /** {@code timedelta(days, seconds, microseconds)}. */
    TIMEDELTA {
        @Override
        Object call(PickleReader reader, Object[] arguments) {
            checkCount(arguments, 3);
            return Duration.ofDays(number(arguments[0])).plusSeconds(number(arguments[1]))
                    .plusNanos(Math.multiplyExact(number(arguments[2]), NANOS_OF_MICRO));
        }
    },
    /** {@code timezone(timedelta)}, {@code timezone(timedelta, name)}: the name goes. */
    TIMEZONE {
        @Override
        Object call(PickleReader reader, Object[] arguments) {
            Duration offset = (Duration) arguments[0];
            if (offset.getNano() != 0) {
                throw new IllegalArgumentException("a timezone of a fraction of a second");
            }
            return ZoneOffset.ofTotalSeconds(Math.toIntExact(offset.getSeconds()));
        }
    };

    private static final int DATE_BYTES = 4;
    private static final int TIME_BYTES = 6;
    private static final long NANOS_OF_MICRO = 1000;
    private static final int FOLD = 0x80;
    private static final Set<String> LATIN1_NAMES = Set.of("latin1", "latin-1");

    private static final Map<String, PickleFunction> BY_NAME = Map.ofEntries(
            Map.entry("builtins.set", SET), Map.entry("__builtin__.set", SET),
            Map.entry("builtins.frozenset", SET), Map.entry("__builtin__.frozenset", SET),
            Map.entry("builtins.bytes", BYTES), Map.entry("__builtin__.bytes", BYTES),
            Map.entry("builtins.bytearray", BYTES), Map.entry("__builtin__.bytearray", BYTES),
            Map.entry("_codecs.encode", LATIN1), Map.entry("datetime.date", DATE), Map.entry("datetime.time", TIME),
            Map.entry("datetime.datetime", DATETIME), Map.entry("datetime.timedelta", TIMEDELTA),
            Map.entry("datetime.timezone", TIMEZONE));

    abstract Object call(PickleReader reader, Object[] arguments) throws IOException;

    /** @throws IOException if it is none of them */
    static PickleFunction of(String module, String name) throws IOException {
        PickleFunction found = BY_NAME.get(module + "." + name);
        if (found == null) {
            throw PickleCodec.refused("it names " + module + "." + name, null);
        }
        return found;
    }

    Object apply(PickleReader reader, Object[] arguments) throws IOException {
        try {
            return call(reader, arguments);
        } catch (ClassCastException | ArrayIndexOutOfBoundsException e) {
            throw PickleCodec.refused("wrong arguments for " + name(), e);
        }
    }

    private static void checkCount(Object[] arguments, int count) {
        if (arguments.length != count) {
            throw new IllegalArgumentException(arguments.length + " arguments where " + count + " are known");
        }
    }

    private static long number(Object number) {
        return number instanceof BigInteger big ? big.longValueExact() : ((Number) number).longValue();
    }

    /** The bytes that dates and times are told by; before protocol 3 they are texts of Latin-1. */
    private static int[] fields(Object state, int count) {
        byte[] bytes = state instanceof String text ? text.getBytes(StandardCharsets.ISO_8859_1) : (byte[]) state;
        if (bytes.length != count) {
            throw new IllegalArgumentException("a time of " + bytes.length + " bytes");
        }
        int[] fields = new int[count];
        for (int i = 0; i < count; i++) {
            fields[i] = Byte.toUnsignedInt(bytes[i]);
        }
        return fields;
    }

    /** The mark of the second one of two equal times, when clocks are set back, stands in the month. */
    private static LocalDate date(int[] fields) {
        return LocalDate.of(fields[0] << 8 | fields[1], fields[2] & ~FOLD, fields[3]);
    }

    /** In a time alone that mark stands in the hour. */
    private static LocalTime time(int[] fields, int at) {
        int micros = fields[at + 3] << 16 | fields[at + 4] << 8 | fields[at + 5];
        return LocalTime.of(
                fields[at] & ~FOLD, fields[at + 1], fields[at + 2], Math.toIntExact(micros * NANOS_OF_MICRO));
    }
}
