package org.multiprocessing4j;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Values without parts and without identity: null, strings, numbers. Each is a letter and its bytes. */
final class Plain {

    private Plain() {}

    static boolean is(Object value) {
        return value == null || value instanceof String || value instanceof Integer || value instanceof Long
                || value instanceof Double || value instanceof Boolean || value instanceof Character
                || value instanceof Byte || value instanceof Short || value instanceof Float;
    }

    static void write(DataOutputStream out, Object value) throws IOException {
        if (value == null) {
            out.writeByte('N');
        } else if (value instanceof String text) {
            out.writeByte('T');
            out.writeInt(text.length());
            out.writeChars(text); // no charset: lone surrogates survive
        } else if (value instanceof Integer number) {
            out.writeByte('i');
            out.writeInt(number);
        } else if (value instanceof Long number) {
            out.writeByte('q');
            out.writeLong(number);
        } else if (value instanceof Double number) {
            out.writeByte('d');
            out.writeDouble(number);
        } else if (value instanceof Boolean truth) {
            out.writeByte('?');
            out.writeBoolean(truth);
        } else if (value instanceof Character character) {
            out.writeByte('c');
            out.writeChar(character);
        } else if (value instanceof Byte number) {
            out.writeByte('b');
            out.writeByte(number);
        } else if (value instanceof Short number) {
            out.writeByte('h');
            out.writeShort(number);
        } else if (value instanceof Float number) {
            out.writeByte('f');
            out.writeFloat(number);
        } else {
            throw new IllegalArgumentException("no plain value: " + value.getClass());
        }
    }

    /** @param letter the first byte, which was read */
    static Object read(byte letter, DataInputStream in) throws IOException {
        switch (letter) {
            case 'N':
                return null;
            case 'T':
                byte[] bytes = new byte[in.readInt() * Character.BYTES];
                in.readFully(bytes);
                return ByteBuffer.wrap(bytes).asCharBuffer().toString();
            case 'i':
                return in.readInt();
            case 'q':
                return in.readLong();
            case 'd':
                return in.readDouble();
            case '?':
                return in.readBoolean();
            case 'c':
                return in.readChar();
            case 'b':
                return in.readByte();
            case 'h':
                return in.readShort();
            case 'f':
                return in.readFloat();
            default:
                throw new IOException("no plain value begins with '" + (char) letter + "'");
        }
    }
}
