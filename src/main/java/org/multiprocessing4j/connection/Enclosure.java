package org.multiprocessing4j.connection;

import java.io.IOException;
import java.io.InvalidObjectException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/** The connections in a message that is being made or read in a thread: their descriptors go beside it. */
final class Enclosure {

    /** What the kernel takes at once. */
    static final int MOST = 253;

    private static final ThreadLocal<Enclosure> CURRENT = new ThreadLocal<>();

    private final List<Integer> outgoing = new ArrayList<>();
    private final List<Handle> used = new ArrayList<>();
    private final List<Handle.Use> uses = new ArrayList<>();
    private int[] incoming = {};
    private boolean[] taken = {};

    @FunctionalInterface
    interface Coding<T> {
        T run() throws IOException;
    }

    /** The enclosure of the message that this thread makes or reads; null if it does neither. */
    static Enclosure current() {
        return CURRENT.get();
    }

    private <T> T during(Coding<T> coding) throws IOException {
        Enclosure outer = CURRENT.get();
        CURRENT.set(this);
        try {
            return coding.run();
        } finally {
            if (outer == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(outer);
            }
        }
    }

    /** Runs an encoder; the descriptors of connections that it meets stay open until {@link #release()}. */
    <T> T encode(Coding<T> coding) throws IOException {
        return during(coding);
    }

    /** Runs a decoder, with what came with the message that this thread received last; closes what it left over. */
    <T> T decode(Coding<T> coding) throws IOException {
        int[] room = new int[MOST];
        int count = Native.connection_descriptors(room, MOST);
        if (count == 0) {
            return during(coding);
        }
        incoming = Arrays.copyOf(room, count);
        taken = new boolean[count];
        try {
            return during(coding);
        } finally {
            for (int i = 0; i < count; i++) {
                if (!taken[i]) {
                    Posix.close(incoming[i]);
                }
            }
        }
    }

    /** Adds a connection to the message. @return the number of its descriptor there */
    int add(Handle handle) {
        Handle.Use use = handle.enter();
        used.add(handle);
        uses.add(use);
        outgoing.add(handle.fd());
        return outgoing.size() - 1;
    }

    /** Null if there are none. */
    int[] descriptors() {
        if (outgoing.size() > MOST) {
            throw new IllegalArgumentException(
                    "a message can take " + MOST + " connections with it, not " + outgoing.size());
        }
        return outgoing.isEmpty() ? null : outgoing.stream().mapToInt(Integer::intValue).toArray();
    }

    void release() {
        for (int i = 0; i < used.size(); i++) {
            used.get(i).leave(uses.get(i));
        }
    }

    /** The descriptor with a number, which is the caller's from then on. */
    int take(int number) throws InvalidObjectException {
        if (number < 0 || number >= incoming.length) {
            throw new InvalidObjectException(
                    "a connection was sent without its descriptor: that takes a Pipe(true) or AF_UNIX");
        }
        if (taken[number]) {
            return OSException.check(Native.duplicate(incoming[number]));
        }
        taken[number] = true;
        return incoming[number];
    }
}
