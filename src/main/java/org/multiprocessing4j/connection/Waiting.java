package org.multiprocessing4j.connection;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Slices;

/** Waits for descriptors by poll(2), in slices: no interrupt reaches a thread that waits in native code. */
final class Waiting {

    private static final long NANOS_OF_MILLI = 1_000_000;

    private Waiting() {}

    /** @param timeout null: without limit @return whether it is readable */
    static boolean forOne(int fd, Duration timeout) throws InterruptedException {
        if (OSException.check(Native.wait_readable(fd, 0)) != 0) {
            return true;
        }
        Slices slices = slices(timeout);
        while (!slices.over()) {
            if (OSException.check(Native.wait_readable(fd, millis(slices.nextUnlessInterrupted()))) != 0) {
                return true;
            }
        }
        return false;
    }

    private static Slices slices(Duration timeout) {
        return new Slices(timeout == null ? -1 : Math.max(0, TimeUnit.NANOSECONDS.convert(timeout)));
    }

    /** Rounded up: who waits for less than a millisecond waits for one. */
    private static long millis(long nanos) {
        return (nanos + NANOS_OF_MILLI - 1) / NANOS_OF_MILLI;
    }

    static <T> List<T> forAny(Collection<? extends T> objects, Duration timeout) throws InterruptedException {
        if (objects.isEmpty() && timeout == null) {
            throw new IllegalArgumentException("nothing to wait for");
        }
        List<T> all = List.copyOf(objects);
        List<Handle> handles = new ArrayList<>();
        List<Handle.Use> uses = new ArrayList<>();
        try {
            int[] fds = new int[all.size()];
            for (int i = 0; i < fds.length; i++) {
                if (all.get(i) instanceof Connection connection) {
                    uses.add(connection.handle().enter());
                    handles.add(connection.handle());
                }
                fds[i] = fileno(all.get(i));
            }
            return ready(all, poll(fds, timeout));
        } finally {
            for (int i = 0; i < handles.size(); i++) {
                handles.get(i).leave(uses.get(i));
            }
        }
    }

    private static int fileno(Object object) {
        if (object instanceof Waitable waitable) {
            return waitable.fileno();
        }
        if (object instanceof Process process) {
            return process.sentinel();
        }
        if (object instanceof Integer fd) {
            return fd;
        }
        throw new IllegalArgumentException("cannot wait for a " + object.getClass().getName());
    }

    private static byte[] poll(int[] fds, Duration timeout) throws InterruptedException {
        byte[] ready = new byte[fds.length];
        Slices slices = slices(timeout);
        int found = OSException.check(Native.wait_any_readable(fds, ready, fds.length, 0));
        while (found == 0 && !slices.over()) {
            long slice = millis(slices.nextUnlessInterrupted());
            found = OSException.check(Native.wait_any_readable(fds, ready, fds.length, slice));
        }
        return ready;
    }

    private static <T> List<T> ready(List<T> all, byte[] flags) {
        List<T> ready = new ArrayList<>();
        for (int i = 0; i < flags.length; i++) {
            if (flags[i] != 0) {
                ready.add(all.get(i));
            }
        }
        return ready;
    }
}
