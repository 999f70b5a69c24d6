package org.multiprocessing4j.bindings;

import java.nio.ByteBuffer;

/**
 * Messages of connections to and from arrays, written by hand in {@code native/jvm/frames.cpp}. Answers are those of
 * {@link Native}: values, or -errno, or {@code Native.connection_…}. Arguments must be checked before.
 */
public final class Frames {

    static {
        Loader.load();
    }

    private Frames() {}

    /**
     * Sends a message; blocks.
     *
     * @param kind what {@code Native.connection_kind} said
     * @param descriptors what goes with the message; null for none
     * @return 0
     */
    public static native int send(int fd, int kind, byte[] data, int offset, int length, int[] descriptors);

    /**
     * Receives a message; blocks.
     *
     * @param maxlength negative: as long as an array can be
     * @param keep whether the descriptors that come with it are kept for {@code Native.connection_descriptors}
     * @return null if that failed: {@link #failure()} says why
     */
    public static native byte[] receive(int fd, int kind, int maxlength, boolean keep);

    /** Why {@link #receive} or {@link #receive_rest} answered null in this thread. */
    public static native int failure();

    /**
     * Receives a message into an array; blocks.
     *
     * @return its length; -ENOBUFS if it is longer than {@code capacity}: {@link #receive_rest} receives it then, as
     *     after {@code Native.connection_receive}
     */
    public static native int receive_into(int fd, int kind, byte[] buffer, int offset, int capacity);

    /** Receives the message that did not fit, as {@link #receive}. To be called next by the same thread. */
    public static native byte[] receive_rest(int fd, int kind, int maxlength);

    /** Where the memory of a direct buffer begins: of its position 0. */
    public static native long address(ByteBuffer buffer);
}
