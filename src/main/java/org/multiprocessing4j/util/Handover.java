package org.multiprocessing4j.util;

import java.util.ArrayList;
import java.util.List;

/**
 * What a child gets beside its serialized process: descriptors. Closed when they were sent. CPython keeps the same in
 * the {@code Popen} that is being made ({@code context.get_spawning_popen()}).
 */
public final class Handover implements AutoCloseable {

    private static final ThreadLocal<Handover> SENDING = new ThreadLocal<>();

    /** Set while this thread writes a message. */
    private static final ThreadLocal<Boolean> MESSAGE = new ThreadLocal<>();

    /** In the child: the descriptor that each number stands for. */
    private static volatile int[] received = {};

    private final List<Integer> descriptors = new ArrayList<>();
    private final List<Object> kept = new ArrayList<>();
    private final Releases releases = new Releases();

    /** An empty one. */
    public Handover() {}

    /** Runs {@code serialization}, in which shared objects may be written. */
    public static <T, E extends Exception> T send(Handover handover, Serialization<T, E> serialization) throws E {
        SENDING.set(handover);
        try {
            return serialization.run();
        } finally {
            SENDING.remove();
        }
    }

    /** Something that is done while a handover is being made. */
    @FunctionalInterface
    public interface Serialization<T, E extends Exception> {
        /** Does it. */
        T run() throws E;
    }

    /** Runs {@code serialization} of a message that another process of this program will read. */
    public static <T, E extends Exception> T message(Serialization<T, E> serialization) throws E {
        if (MESSAGE.get() != null) {
            return serialization.run(); // one within the other
        }
        MESSAGE.set(true);
        try {
            return serialization.run();
        } finally {
            MESSAGE.remove();
        }
    }

    /** Whether this thread writes such a message, and not a process that is being started. */
    public static boolean isMessage() {
        return MESSAGE.get() != null && SENDING.get() == null;
    }

    /**
     * The handover that is being made in this thread. Mirrors {@code context.assert_spawning}.
     *
     * @throws IllegalStateException if no process is being started
     */
    public static Handover sending(String what) {
        Handover handover = SENDING.get();
        if (handover == null) {
            throw new IllegalStateException(
                    what + " should only be shared between processes through inheritance: pass it to a Process");
        }
        return handover;
    }

    /**
     * Adds a descriptor, once.
     *
     * @param keep what keeps it open; held until the child has ended
     * @return its number in the child
     */
    public int add(int fd, Object keep) {
        kept.add(keep);
        return add(fd);
    }

    /**
     * Adds a descriptor, once, that stays open until {@link #afterwards} at least.
     *
     * @return its number in the child
     */
    public int add(int fd) {
        int number = descriptors.indexOf(fd);
        if (number < 0) {
            number = descriptors.size();
            descriptors.add(fd);
        }
        return number;
    }

    /** Does something when the child has been sent all, or is not going to be; all of that, whatever fails. */
    public void afterwards(Runnable release) {
        releases.add(release);
    }

    @Override
    public void close() {
        releases.run();
    }

    /** What the child gets, in order. */
    public List<Integer> descriptors() {
        return descriptors;
    }

    /** What must stay alive as long as the child. */
    public List<Object> kept() {
        return kept;
    }

    /** In the child: these have come. */
    public static void receive(int[] descriptors) {
        received = descriptors;
    }

    /** In the child: the descriptor with a number, open while the process is being read. */
    public static int received(int number) {
        return received[number];
    }
}
