package org.multiprocessing4j.connection;

import java.io.EOFException;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectStreamException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Coding;
import org.multiprocessing4j.util.Handover;
import org.multiprocessing4j.util.Message;

/** How a descriptor gets to the process that reads what is written. What {@code reduction.DupFd} chooses among. */
sealed interface Passage extends Serializable {

    /** The descriptor in the process that reads: the caller's. */
    int take() throws ObjectStreamException;

    /**
     * The way for what this thread writes.
     *
     * @param what is refused, if this thread writes neither a message nor a process
     */
    static Passage of(Handle handle, String what) {
        Coding coding = Coding.innermost();
        if (coding instanceof Enclosure.Outgoing enclosure) {
            return new Enclosed(enclosure.add(handle));
        }
        if (coding instanceof Message message) {
            return ResourceSharer.share(handle, message);
        }
        Handover handover = Handover.sending(what);
        Handle.Use use = handle.enter();
        handover.afterwards(() -> handle.leave(use));
        return new Inherited(handover.add(handle.fd()));
    }

    /** Beside a message of a connection of AF_UNIX. */
    record Enclosed(int number) implements Passage {
        @Override
        public int take() throws ObjectStreamException {
            if (Coding.innermost() instanceof Enclosure.Incoming enclosure) {
                return enclosure.take(number);
            }
            throw new InvalidObjectException("a descriptor of a message can be read from that message only");
        }
    }

    /** Among what a child gets. */
    record Inherited(int number) implements Passage {
        @Override
        public int take() {
            return OSException.check(Native.duplicate(Handover.received(number)));
        }
    }

    /** Kept by the process that sent it, until it is asked for. */
    record Shared(String address, long number) implements Passage {
        private static final int ENOENT = 2;
        private static final int EPIPE = 32;
        private static final int ECONNRESET = 104;
        private static final int ECONNREFUSED = 111;

        @Override
        public int take() throws ObjectStreamException {
            byte[] authkey = Multiprocessing.currentProcess().authkey();
            try (Connection sharer = Client.connect(Address.of(address), authkey)) {
                sharer.sendBytes(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
                return Reduction.recvHandle(sharer);
            } catch (IOException | OSException e) {
                throw PickleCodec.invalid(
                        isGone(e)
                                ? "a descriptor is not there any more: who sent it has ended, or it was received before"
                                : "a descriptor cannot be received: " + e.getMessage(), e);
            }
        }

        /** Whether nobody is there who has it, and not something else in the way. */
        private static boolean isGone(Exception e) {
            if (e instanceof OSException failure) {
                return switch (failure.errno()) {
                    case ENOENT, ECONNREFUSED, EPIPE, ECONNRESET -> true;
                    default -> false;
                };
            }
            return e instanceof EOFException;
        }
    }
}
