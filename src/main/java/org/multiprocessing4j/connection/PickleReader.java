package org.multiprocessing4j.connection;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a pickle of data, of any protocol up to 5. It calls nothing: the few functions that data is pickled with are
 * known by name ({@link PickleFunction}), and every other one is refused. Sources: CPython's pickle.py, pickletools.py.
 */
final class PickleReader {

    private static final int LAST_PROTOCOL = 5;

    /** As Python's own limit on texts that become numbers: longer ones take too long. */
    private static final int MOST_DIGITS = 4300;

    /** Parts of keys. Tuples can be in several places, and to hash them is to look at each. */
    private static final int MOST_KEY_PARTS = 1 << 20;

    private static final Object MARK = new Object();

    private final ByteBuffer in;
    private final List<Object> stack = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private int keyParts;

    PickleReader(byte[] message) {
        this.in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    }

    Object read() throws IOException {
        for (int op = octet(); op != '.'; op = octet()) {
            if (!structure(op) && !number(op) && !text(op) && !container(op)) {
                throw refused(String.format("opcode 0x%02x", op));
            }
        }
        Object result = pop();
        if (!stack.isEmpty() || in.hasRemaining()) {
            throw refused("there is something left over");
        }
        if (result instanceof PickleFunction function) {
            throw refused("function " + function.name());
        }
        return result;
    }

    private static IOException refused(String what) {
        return PickleCodec.refused(what, null);
    }

    private boolean structure(int op) throws IOException {
        switch (op) {
            case 0x80 -> checkProtocol(octet());
            case 0x95 -> in.getLong(); // a frame: only its length, which tells nothing new
            case 0x94 -> memo.put(memo.size(), top());
            case 'q' -> memo.put(octet(), top());
            case 'r' -> memo.put(in.getInt(), top());
            case 'p' -> memo.put(Integer.parseInt(line()), top());
            case 'h' -> push(remembered(octet()));
            case 'j' -> push(remembered(in.getInt()));
            case 'g' -> push(remembered(Integer.parseInt(line())));
            case '(' -> stack.add(MARK);
            case '0' -> pop();
            case '1' -> popToMark();
            case '2' -> push(top());
            case 'c' -> push(PickleFunction.of(line(), line()));
            case 0x93 -> pushNamed();
            case 'R' -> call();
            case 0x81, 0x92, 'b', 'i', 'o' -> throw refused("an instance of a class");
            case 'P', 'Q', 0x82, 0x83, 0x84, 0x97 -> throw refused("a reference to something outside");
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void checkProtocol(int protocol) throws IOException {
        if (protocol > LAST_PROTOCOL) {
            throw refused("protocol " + protocol);
        }
    }

    private void pushNamed() throws IOException {
        Object name = pop();
        if (pop() instanceof String module && name instanceof String function) {
            push(PickleFunction.of(module, function));
        } else {
            throw refused("a name that is no text");
        }
    }

    private void call() throws IOException {
        Object arguments = pop();
        if (pop() instanceof PickleFunction function && arguments instanceof Object[] tuple) {
            push(function.apply(this, tuple));
        } else {
            throw refused("a call of what is no function");
        }
    }

    private boolean number(int op) throws IOException {
        switch (op) {
            case 'N' -> push(null);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'K' -> push(octet());
            case 'M' -> push(Short.toUnsignedInt(in.getShort()));
            case 'J' -> push(in.getInt());
            case 0x8a -> push(big(bytes(octet())));
            case 0x8b -> push(big(bytes(in.getInt())));
            case 'I' -> push(textInt(line()));
            case 'L' -> push(decimal(line().replaceFirst("L$", "")));
            case 'F' -> push(decimalFloat(line()));
            case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
            default -> {
                return false;
            }
        }
        return true;
    }

    private static Object textInt(String text) throws IOException {
        return text.equals("00") ? (Object) false : text.equals("01") ? (Object) true : decimal(text);
    }

    private static Object decimal(String text) throws IOException {
        if (text.length() > MOST_DIGITS) {
            throw refused("a number of " + text.length() + " digits");
        }
        return smallest(new BigInteger(text));
    }

    private static double decimalFloat(String text) {
        return switch (text) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> Double.parseDouble(text);
        };
    }

    private static Object big(byte[] little) {
        if (little.length == 0) {
            return 0;
        }
        for (int i = 0, j = little.length - 1; i < j; i++, j--) {
            byte swapped = little[i];
            little[i] = little[j];
            little[j] = swapped;
        }
        return smallest(new BigInteger(little));
    }

    private static Object smallest(BigInteger number) {
        if (number.bitLength() < Integer.SIZE) {
            return number.intValue();
        }
        return number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
    }

    private boolean text(int op) throws IOException {
        switch (op) {
            case 0x8c -> push(utf8(bytes(octet())));
            case 'X' -> push(utf8(bytes(in.getInt())));
            case 0x8d -> push(utf8(bytes(in.getLong())));
            case 'V' -> push(rawUnicode(line()));
            case 'C' -> push(bytes(octet()));
            case 'B' -> push(bytes(in.getInt()));
            case 0x8e, 0x96 -> push(bytes(in.getLong()));
            default -> {
                return false;
            }
        }
        return true;
    }

    private static String utf8(byte[] bytes) throws IOException {
        return StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
                .decode(ByteBuffer.wrap(bytes)).toString();
    }

    /** Protocol 0: Latin-1, with what lies beyond as backslash, u and four digits, or U and eight. */
    private static String rawUnicode(String text) {
        StringBuilder result = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char next = i + 1 < text.length() ? text.charAt(i + 1) : 0;
            int digits = text.charAt(i) != '\\' ? 0 : next == 'u' ? 4 : next == 'U' ? 8 : 0;
            if (digits == 0) {
                result.append(text.charAt(i));
            } else if (i + 2 + digits <= text.length()) {
                result.appendCodePoint(Integer.parseInt(text.substring(i + 2, i + 2 + digits), 16));
                i += 1 + digits;
            } else {
                throw new IllegalArgumentException("a text that ends in an escape");
            }
        }
        return result.toString();
    }

    private boolean container(int op) throws IOException {
        switch (op) {
            case ']' -> push(new ArrayList<>());
            case '}' -> push(new LinkedHashMap<>());
            case 0x8f -> push(new LinkedHashSet<>());
            case ')' -> push(new Object[0]);
            case 0x85, 0x86, 0x87 -> push(popLast(op - 0x84).toArray());
            case 't' -> push(popToMark().toArray());
            case 'l' -> push(popToMark());
            case 'd' -> push(putAll(new LinkedHashMap<>(), popToMark()));
            case 0x91 -> push(addAll(new LinkedHashSet<>(), popToMark()));
            case 'a' -> append(popLast(1));
            case 'e' -> append(popToMark());
            case 's' -> setItems(popLast(2));
            case 'u' -> setItems(popToMark());
            case 0x90 -> addItems(popToMark());
            default -> {
                return false;
            }
        }
        return true;
    }

    @SuppressWarnings("unchecked") // all lists, maps and sets on the stack are ours
    private void append(List<Object> items) throws IOException {
        if (!(top() instanceof List<?> list)) {
            throw refused("elements for what is no list");
        }
        ((List<Object>) list).addAll(items);
    }

    @SuppressWarnings("unchecked")
    private void setItems(List<Object> items) throws IOException {
        if (!(top() instanceof Map<?, ?> map)) {
            throw refused("items for what is no dict");
        }
        putAll((Map<Object, Object>) map, items);
    }

    @SuppressWarnings("unchecked")
    private void addItems(List<Object> items) throws IOException {
        if (!(top() instanceof Set<?> set)) {
            throw refused("elements for what is no set");
        }
        addAll((Set<Object>) set, items);
    }

    private Map<Object, Object> putAll(Map<Object, Object> map, List<Object> items) throws IOException {
        if (items.size() % 2 != 0) {
            throw refused("a key without a value");
        }
        for (int i = 0; i < items.size(); i += 2) {
            map.put(hashable(items.get(i)), items.get(i + 1));
        }
        return map;
    }

    Set<Object> addAll(Set<Object> set, Collection<?> items) throws IOException {
        for (Object item : items) {
            set.add(hashable(item));
        }
        return set;
    }

    /** Arrays have no equality: tuples become lists as keys, and bytes buffers. */
    private Object hashable(Object key) throws IOException {
        if (++keyParts > MOST_KEY_PARTS) {
            throw refused("too many parts of keys");
        }
        if (key instanceof byte[] bytes) {
            return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
        }
        if (key instanceof Object[] tuple) {
            List<Object> list = new ArrayList<>(tuple.length);
            for (Object part : tuple) {
                list.add(hashable(part));
            }
            return Collections.unmodifiableList(list);
        }
        if (key instanceof Map || key instanceof ArrayList || key instanceof PickleFunction) {
            throw refused("a key that is no value");
        }
        return key;
    }

    private void push(Object object) {
        stack.add(object);
    }

    private Object pop() throws IOException {
        return popLast(1).get(0);
    }

    private Object top() throws IOException {
        checkHeight(1);
        return stack.get(stack.size() - 1);
    }

    private void checkHeight(int count) throws IOException {
        int size = stack.size();
        if (size < count || stack.subList(size - count, size).contains(MARK)) {
            throw refused("it takes what is not there");
        }
    }

    private List<Object> popLast(int count) throws IOException {
        checkHeight(count);
        return popFrom(stack.size() - count);
    }

    private List<Object> popToMark() throws IOException {
        int mark = stack.size() - 1;
        while (mark >= 0 && stack.get(mark) != MARK) {
            mark--;
        }
        if (mark < 0) {
            throw refused("it takes what is not there");
        }
        List<Object> items = popFrom(mark + 1);
        stack.remove(mark);
        return items;
    }

    private List<Object> popFrom(int from) {
        List<Object> tail = stack.subList(from, stack.size());
        List<Object> items = new ArrayList<>(tail);
        tail.clear();
        return items;
    }

    private Object remembered(int number) throws IOException {
        if (!memo.containsKey(number)) {
            throw refused("it recalls what was not said");
        }
        return memo.get(number);
    }

    private int octet() {
        return Byte.toUnsignedInt(in.get());
    }

    private byte[] bytes(long length) throws IOException {
        if (length < 0 || length > in.remaining()) {
            throw refused("it ends too early");
        }
        byte[] bytes = new byte[(int) length];
        in.get(bytes);
        return bytes;
    }

    private String line() throws IOException {
        int begin = in.position();
        while (in.get() != '\n') {
            continue;
        }
        return new String(
                Arrays.copyOfRange(in.array(), begin, in.position() - 1), StandardCharsets.ISO_8859_1);
    }
}
