package org.multiprocessing4j.pool;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.multiprocessing4j.Event;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.RawValue;
import org.multiprocessing4j.posix.Posix;

/** What the pools of the tests compute. */
final class PoolTasks {

    private static Event gate;
    private static RawValue<Integer> count;

    private PoolTasks() {}

    static List<Integer> range(int end) {
        return IntStream.range(0, end).boxed().toList();
    }

    static List<Integer> squares(int end) {
        return range(end).stream().map(PoolTasks::square).toList();
    }

    static int square(int x) {
        return x * x;
    }

    static int multiply(int a, int b) {
        return a * b;
    }

    static int pid() {
        return Posix.getpid();
    }

    static String name() {
        return Multiprocessing.currentProcess().name();
    }

    static int failOnThree(int x) throws IOException {
        if (x == 3) {
            throw new IOException("no " + x);
        }
        return x;
    }

    static int failUnchecked(int x) {
        throw new IllegalStateException("never " + x);
    }

    static Object unserializable(int x) {
        return x == 2 ? new Object() : x;
    }

    /** An exception that cannot be sent. */
    static final class Unsendable extends RuntimeException {
        private static final long serialVersionUID = 1L;
        @SuppressWarnings("serial") // that is what it is for
        private final Object inside = new Object();

        Unsendable() {
            super("with something inside");
        }

        @Override
        public String toString() {
            return super.toString() + (inside == null ? "?" : "");
        }
    }

    static int throwUnsendable() {
        throw new Unsendable();
    }

    static int dieOnFive(int x) {
        if (x == 5) {
            Posix.kill(Posix.getpid(), Posix.SIGKILL);
        }
        return x;
    }

    static int signalled(int signal) {
        Posix.kill(Posix.getpid(), signal);
        return sleepForEver(0);
    }

    static int exit(int code) {
        System.exit(code);
        return 0;
    }

    static int sleepForEver(int x) {
        while (x < Integer.MAX_VALUE) {
            LockSupport.park();
        }
        return x;
    }

    static double half(double x) {
        return x / 2;
    }

    static long codeOf(long character) {
        return character;
    }

    static boolean isEven(int x) {
        return x % 2 == 0;
    }

    static Object nothing(String ignored) {
        return null;
    }

    static void takeGate(Event event) {
        gate = event;
    }

    static int passGate(int x) throws InterruptedException {
        gate.await();
        return x;
    }

    /** Leaves a thread behind that keeps a process from ending. */
    static int leaveThread(int x) {
        new Thread(() -> sleepForEver(0)).start();
        return x;
    }

    static void failOnceAndLeaveThread(RawValue<Integer> value) {
        if (value.getAndAdd(1) == 0) {
            throw new IllegalStateException("not " + leaveThread(0));
        }
    }

    static void takeCount(RawValue<Integer> value) {
        count = value;
    }

    static int countUp(int x) {
        count.getAndAdd(1);
        return x;
    }

    /** Dies the first two times. */
    static int dieTwice() {
        int before = count.getInt();
        count.setInt(before + 1);
        if (before < 2) {
            Posix.kill(Posix.getpid(), Posix.SIGKILL);
        }
        return before;
    }

    /** Memory that stays. */
    private static final List<byte[]> KEPT = new ArrayList<>();

    static int keep(int megabytes) {
        byte[] bytes = new byte[megabytes << 20];
        java.util.Arrays.fill(bytes, (byte) 1);
        KEPT.add(bytes);
        return Posix.getpid();
    }

    static double[] doubled(double[] values) {
        return java.util.Arrays.stream(values).map(value -> 2 * value).toArray();
    }
}
