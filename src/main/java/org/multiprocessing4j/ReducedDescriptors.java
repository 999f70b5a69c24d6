package org.multiprocessing4j;

import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.connection.Codec;
import org.multiprocessing4j.connection.Codecs;
import org.multiprocessing4j.connection.Connection;
import org.multiprocessing4j.connection.DupFd;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.util.Handover;

/** Connections and descriptors taken apart. Their classes are loaded only where there are some. */
final class ReducedDescriptors {

    private static final String JAVA = "java";
    private static final String PICKLE = "pickle";

    private ReducedDescriptors() {}

    /** @return null for what is neither, and for a connection whose codec has to be serialized */
    static Reduced of(Object object) {
        if (object instanceof Connection connection) {
            String codec = name(connection.codec());
            return codec == null ? null : new Reduced(
                    Reduced.Kind.CONNECTION, add(sending(), connection.duplicate()), connection.readable(),
                    connection.writable(), codec);
        }
        return object instanceof DupFd fd ? new Reduced(Reduced.Kind.DUP_FD, add(sending(), fd.duplicate())) : null;
    }

    private static Handover sending() {
        return Handover.sending("descriptors");
    }

    /** Copies: the originals may be closed before all is sent. */
    private static int add(Handover handover, int copy) {
        handover.afterwards(() -> Posix.close(copy));
        return handover.add(copy);
    }

    private static String name(Codec codec) {
        return codec == Codecs.java() ? JAVA : codec == Codecs.pickle() ? PICKLE : null;
    }

    static Connection connection(Object[] parts) {
        int fd = OSException.check(Native.duplicate(Handover.received((int) parts[0])));
        return new Connection(fd, (boolean) parts[1], (boolean) parts[2])
                .codec(parts[3].equals(JAVA) ? Codecs.java() : Codecs.pickle());
    }

    static DupFd dupFd(Object[] parts) {
        return new DupFd(Handover.received((int) parts[0]));
    }
}
