package org.multiprocessing4j;

/**
 * How an element is read and written: the C types of equal representation have one kind. Plain ints and not an enum,
 * because a switch on them is a single jump on the hot path of every element access.
 */
final class Kind {
    static final int CHAR = 0;
    static final int BOOL = 1;
    static final int BYTE = 2;
    static final int UBYTE = 3;
    static final int SHORT = 4;
    static final int USHORT = 5;
    static final int INT = 6;
    static final int UINT = 7;
    static final int LONG = 8;
    static final int ULONG = 9;
    static final int FLOAT = 10;
    static final int DOUBLE = 11;
    static final int WCHAR = 12;
    static final int STRUCT = 13;

    private Kind() {
    }
}
