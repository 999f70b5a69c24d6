package org.multiprocessing4j.support;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.RawArray;
import org.multiprocessing4j.RawValue;

/** A text that a child leaves for its parent, who may read it when the child has ended. */
public final class Mailbox implements Serializable {

    private static final long serialVersionUID = 1L;

    private static final int CAPACITY = 16 << 10;

    private final RawArray<Byte> bytes = RawArray.of(CType.BYTE, CAPACITY);
    private final RawValue<Integer> length = RawValue.of(CType.INT, 0);

    /** Adds a line. */
    public void put(Object line) {
        byte[] added = (line + "\n").getBytes(StandardCharsets.UTF_8);
        int at = length.getInt();
        bytes.copyFrom(at, added, 0, added.length);
        length.setInt(at + added.length);
    }

    /** The lines, without the last line's end. */
    public String text() {
        byte[] written = new byte[length.getInt()];
        bytes.copyTo(0, written, 0, written.length);
        return new String(written, StandardCharsets.UTF_8).stripTrailing();
    }
}
