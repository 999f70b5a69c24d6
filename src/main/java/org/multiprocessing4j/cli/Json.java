package org.multiprocessing4j.cli;

import java.util.Map;

/**
 * Writes values as JSON text (RFC 8259), for the verbs that offer {@code --json}.
 *
 * <p>A {@link Map} becomes an object with its entries in iteration order, an {@link Iterable} an array, and a
 * {@link CharSequence}, {@link Number}, {@link Boolean} or {@code null} the JSON value of that name. There is no
 * reader, and nothing is pretty-printed but for one line per element of an outermost array.
 */
public final class Json {
    private static final int FIRST_PRINTABLE = 0x20;

    private final StringBuilder out = new StringBuilder();

    private Json() {
    }

    /**
     * Returns the JSON text of a value.
     *
     * @param value a map with string keys, iterable, text, number, boolean or null, nested as deeply as wished
     * @return the text, with no line end behind it
     * @throws IllegalArgumentException if the value, or one inside it, is of another kind, or a number that JSON does
     *     not know (an infinity or NaN)
     */
    public static String write(Object value) {
        Json json = new Json();
        if (value instanceof Iterable<?> elements) {
            json.array(elements, ",\n ");
        } else {
            json.value(value);
        }
        return json.out.toString();
    }

    private void value(Object value) {
        if (value == null || value instanceof Boolean) {
            out.append(value);
        } else if (value instanceof CharSequence text) {
            string(text);
        } else if (value instanceof Number number) {
            number(number);
        } else if (value instanceof Map<?, ?> map) {
            object(map);
        } else if (value instanceof Iterable<?> elements) {
            array(elements, ",");
        } else {
            throw new IllegalArgumentException("no JSON form for " + value.getClass().getName());
        }
    }

    private void object(Map<?, ?> map) {
        String separator = "";
        out.append('{');
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (!(entry.getKey() instanceof CharSequence key)) {
                throw new IllegalArgumentException("a JSON object's key must be text, not " + entry.getKey());
            }
            out.append(separator);
            string(key);
            out.append(':');
            value(entry.getValue());
            separator = ",";
        }
        out.append('}');
    }

    private void array(Iterable<?> elements, String between) {
        String separator = "";
        out.append('[');
        for (Object element : elements) {
            out.append(separator);
            value(element);
            separator = between;
        }
        out.append(']');
    }

    private void number(Number number) {
        if (!Double.isFinite(number.doubleValue()) && (number instanceof Double || number instanceof Float)) {
            throw new IllegalArgumentException("no JSON form for " + number);
        }
        out.append(number);
    }

    private void string(CharSequence text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            character(text, i);
        }
        out.append('"');
    }

    private void character(CharSequence text, int index) {
        char c = text.charAt(index);
        switch (c) {
            case '"' -> out.append("\\\"");
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                if (c < FIRST_PRINTABLE || c == 0x7f || isLoneSurrogate(text, index)) {
                    out.append(String.format("\\u%04x", (int) c));
                } else {
                    out.append(c);
                }
            }
        }
    }

    /** Half a surrogate pair has no UTF-8 form: written raw it would reach the reader as a question mark. */
    private static boolean isLoneSurrogate(CharSequence text, int index) {
        char c = text.charAt(index);
        if (Character.isHighSurrogate(c)) {
            return index + 1 == text.length() || !Character.isLowSurrogate(text.charAt(index + 1));
        }
        return Character.isLowSurrogate(c) && (index == 0 || !Character.isHighSurrogate(text.charAt(index - 1)));
    }
}
