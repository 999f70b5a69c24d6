package org.multiprocessing4j.connection;

import java.io.IOException;
import java.io.InvalidObjectException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.util.Coding;
import org.multiprocessing4j.util.Releases;

/** The connections in a message of AF_UNIX: their descriptors go beside it. */
final class Enclosure {

    /** What the kernel takes at once. */
    static final int MOST = 253;

    private Enclosure() {}

    /** With a message that is being made and sent. The descriptors stay open until {@link #close()}. */
    static final class Outgoing extends Coding implements AutoCloseable {
        private final List<Integer> descriptors = new ArrayList<>();
        private final Releases releases = new Releases();

        Outgoing() {
            super(true);
        }

        /** Adds a connection to the message. @return the number of its descriptor there */
        int add(Handle handle) {
            Handle.Use use = handle.enter();
            releases.add(() -> handle.leave(use));
            descriptors.add(handle.fd());
            return descriptors.size() - 1;
        }

        /** Null if there are none. */
        int[] descriptors() {
            if (descriptors.size() > MOST) {
                throw new IllegalArgumentException(
                        "a message can take " + MOST + " connections with it, not " + descriptors.size());
            }
            return descriptors.isEmpty() ? null : descriptors.stream().mapToInt(Integer::intValue).toArray();
        }

        @Override
        public void close() {
            releases.run();
        }
    }

    /** With a message that is being read: nothing is written into it. */
    static final class Incoming extends Coding {
        private int[] descriptors = {};
        private boolean[] taken = {};

        Incoming() {
            super(false);
        }

        /** Runs a decoder, with what came with the message that this thread received last; closes what it left over. */
        <T> T decode(Work<T, IOException> decoder) throws IOException {
            int[] room = new int[MOST];
            int count = Native.connection_descriptors(room, MOST);
            if (count == 0) {
                return during(decoder);
            }
            descriptors = Arrays.copyOf(room, count);
            taken = new boolean[count];
            try {
                return during(decoder);
            } finally {
                for (int i = 0; i < count; i++) {
                    if (!taken[i]) {
                        Posix.close(descriptors[i]);
                    }
                }
            }
        }

        /** The descriptor with a number, which is the caller's from then on. */
        int take(int number) throws InvalidObjectException {
            if (number < 0 || number >= descriptors.length) {
                throw new InvalidObjectException(
                        "a connection was sent without its descriptor: that takes a Pipe(true) or AF_UNIX");
            }
            if (taken[number]) {
                return OSException.check(Native.duplicate(descriptors[number]));
            }
            taken[number] = true;
            return descriptors[number];
        }
    }
}
