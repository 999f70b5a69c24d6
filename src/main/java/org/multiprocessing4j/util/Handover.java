package org.multiprocessing4j.util;

import java.util.ArrayList;
import java.util.List;

/**
 * What a child gets beside its serialized process: descriptors. Closed when they were sent. CPython keeps the same in
 * the {@code Popen} that is being made ({@code context.get_spawning_popen()}).
 */
public final class Handover extends Coding implements AutoCloseable {

    /** In the child: the descriptor that each number stands for. */
    private static volatile int[] received = {};

    private final List<Integer> descriptors = new ArrayList<>();
    private final List<Object> kept = new ArrayList<>();
    private final Releases releases = new Releases();

    /** An empty one. */
    public Handover() {
        super(true);
    }

    /** Runs {@code serialization}, in which shared objects may be written. */
    public static <T, E extends Exception> T send(Handover handover, Work<T, E> serialization) throws E {
        return handover.during(serialization);
    }

    /**
     * The handover that is being made in this thread. Mirrors {@code context.assert_spawning}.
     *
     * @throws IllegalStateException if no process is being started, or a message is made meanwhile
     */
    public static Handover sending(String what) {
        if (innermost() instanceof Handover handover) {
            return handover;
        }
        throw new IllegalStateException(
                what + " should only be shared between processes through inheritance: pass it to a Process");
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
