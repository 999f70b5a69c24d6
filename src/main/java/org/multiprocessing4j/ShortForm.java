package org.multiprocessing4j;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Arguments without JDK serialization, which costs a child that nobody waits for nothing, and any other one
 * milliseconds: plain values, and shared objects as what they are {@link Reduced} to. An object that comes again is the
 * same one in the child, too.
 */
final class ShortForm {

    private static final byte NEW_OBJECT = '*';

    private static final byte SAME_OBJECT = '@';

    private ShortForm() {}

    /** Writes; the numbers are those of the objects in the order of their ends. */
    static final class Writer {
        private final DataOutputStream out;
        private final Map<Object, Integer> written = new IdentityHashMap<>();

        Writer(DataOutputStream out) {
            this.out = out;
        }

        /** @return false if the value has no short form; then what was written means nothing */
        boolean write(Object value) throws IOException {
            if (Plain.is(value)) {
                Plain.write(out, value);
                return true;
            }
            Integer number = written.get(value);
            if (number != null) {
                out.writeByte(SAME_OBJECT);
                out.writeInt(number);
                return true;
            }
            Reduced reduced = Reduced.of(value);
            if (reduced == null) {
                return false;
            }
            out.writeByte(NEW_OBJECT);
            out.writeByte(reduced.kind().ordinal());
            out.writeByte(reduced.parts().length);
            for (Object part : reduced.parts()) {
                if (!write(part)) {
                    return false;
                }
            }
            written.put(value, written.size());
            return true;
        }
    }

    /** Reads what {@link Writer} wrote. */
    static final class Reader {
        private final DataInputStream in;
        private final List<Object> read = new ArrayList<>();

        Reader(DataInputStream in) {
            this.in = in;
        }

        Object read() throws IOException {
            byte letter = in.readByte();
            if (letter == SAME_OBJECT) {
                return read.get(in.readInt());
            }
            if (letter != NEW_OBJECT) {
                return Plain.read(letter, in);
            }
            Reduced.Kind kind = Reduced.Kind.numbered(in.readByte());
            Object[] parts = new Object[in.readByte()];
            for (int i = 0; i < parts.length; i++) {
                parts[i] = read();
            }
            Object object = new Reduced(kind, parts).rebuild();
            read.add(object);
            return object;
        }
    }
}
