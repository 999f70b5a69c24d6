package org.multiprocessing4j.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A byte array that grows while it is written, or is read from its beginning; in native byte order. */
final class Bytes {

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private byte[] array;
    private int at;

    /** To be written. */
    Bytes(int capacity) {
        array = new byte[capacity];
    }

    /** To be read. */
    Bytes(byte[] array) {
        this.array = array;
    }

    int position() {
        return at;
    }

    void position(int position) {
        at = position;
    }

    boolean hasMore() {
        return at < array.length;
    }

    /** What was written. */
    byte[] toArray() {
        return at == array.length ? array : Arrays.copyOf(array, at);
    }

    void putByte(int value) {
        ensure(1);
        array[at++] = (byte) value;
    }

    void putByteAt(int position, int value) {
        array[position] = (byte) value;
    }

    void putInt(int value) {
        ensure(Integer.BYTES);
        INT.set(array, at, value);
        at += Integer.BYTES;
    }

    void putLong(long value) {
        ensure(Long.BYTES);
        LONG.set(array, at, value);
        at += Long.BYTES;
    }

    void put(byte[] bytes) {
        ensure(bytes.length);
        System.arraycopy(bytes, 0, array, at, bytes.length);
        at += bytes.length;
    }

    void putBlob(byte[] bytes) {
        putInt(bytes.length);
        put(bytes);
    }

    /** That many bytes, to be written. */
    ByteBuffer putSpace(int length) {
        ensure(length);
        at += length;
        return ByteBuffer.wrap(array, at - length, length).order(ByteOrder.nativeOrder());
    }

    /** That many bytes, to be read where they lie. */
    ByteBuffer getSpace(int length) {
        at += length;
        return ByteBuffer.wrap(array, at - length, length).order(ByteOrder.nativeOrder());
    }

    void putText(String text) {
        if (hasSurrogates(text)) { // perhaps half of a pair, which UTF-8 does not know
            putInt(~text.length());
            for (int i = 0; i < text.length(); i++) {
                putByte(text.charAt(i) >> Byte.SIZE);
                putByte(text.charAt(i));
            }
        } else {
            putBlob(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static boolean hasSurrogates(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    private void ensure(int more) {
        if (array.length - at < more) {
            long wanted = Math.max(2L * array.length, (long) at + more);
            if ((long) at + more > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException("a task or its result takes more than 2 GiB");
            }
            array = Arrays.copyOf(array, (int) Math.min(wanted, Integer.MAX_VALUE - 8));
        }
    }

    byte getByte() {
        return array[at++];
    }

    int getInt() {
        int value = (int) INT.get(array, at);
        at += Integer.BYTES;
        return value;
    }

    long getLong() {
        long value = (long) LONG.get(array, at);
        at += Long.BYTES;
        return value;
    }

    byte[] getBlob() {
        int length = getInt();
        byte[] bytes = Arrays.copyOfRange(array, at, at + length);
        at += length;
        return bytes;
    }

    String getText() {
        int length = getInt();
        if (length < 0) {
            char[] chars = new char[~length];
            for (int i = 0; i < chars.length; i++) {
                chars[i] = (char) (getByte() << Byte.SIZE | getByte() & 0xff);
            }
            return new String(chars);
        }
        String text = new String(array, at, length, StandardCharsets.UTF_8);
        at += length;
        return text;
    }
}
