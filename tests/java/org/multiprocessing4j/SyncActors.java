package org.multiprocessing4j;

import java.io.Serializable;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.multiprocessing4j.support.Child;

/**
 * Threads and processes that do one thing after the other as they are told, each by four numbers in shared memory that
 * it looks at: so nothing of what they are told to use is needed to tell them.
 */
final class SyncActors implements AutoCloseable {

    /** What an actor does: one operation of many, on the object that is tested. */
    @FunctionalInterface
    interface Script extends Serializable {
        /** Does it. An exception is answered by its {@link SyncModel}'s number. */
        long perform(int operation) throws Exception;
    }

    static final int QUIT = -1;
    private static final int ASKED = 0;
    private static final int OPERATION = 1;
    private static final int ANSWERED = 2;
    private static final int ANSWER = 3;
    private static final int NUMBERS = 4;
    private static final long LOOK = 20_000;
    private static final VarHandle LONGS =
            MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private final List<RawArray<Long>> desks = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final List<Child> children = new ArrayList<>();

    /** Threads first, then processes. */
    SyncActors(Context context, Script script, int threadCount, int processCount) {
        for (int i = 0; i < processCount; i++) {
            RawArray<Long> desk = newDesk();
            children.add(Child.start(context.builder().target(SyncActors::act, desk, script).daemon(true).build()));
        }
        for (int i = 0; i < threadCount; i++) {
            RawArray<Long> desk = newDesk();
            Thread thread = new Thread(() -> act(desk, script), "actor " + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private RawArray<Long> newDesk() {
        RawArray<Long> desk = RawArray.of(CType.LONG, NUMBERS);
        desks.add(desk);
        return desk;
    }

    int count() {
        return desks.size();
    }

    private static void act(RawArray<Long> desk, Script script) {
        for (long seen = 0;; seen++) {
            while (get(desk, ASKED) == seen) {
                LockSupport.parkNanos(LOOK);
            }
            int operation = (int) get(desk, OPERATION);
            if (operation == QUIT) {
                return;
            }
            set(desk, ANSWER, answer(script, operation));
            set(desk, ANSWERED, seen + 1);
        }
    }

    private static long answer(Script script, int operation) {
        try {
            return script.perform(operation);
        } catch (Exception e) {
            return SyncModel.number(e);
        }
    }

    void ask(int actor, int operation) {
        RawArray<Long> desk = desks.get(actor);
        set(desk, OPERATION, operation);
        set(desk, ASKED, get(desk, ASKED) + 1);
    }

    boolean isDone(int actor) {
        return get(desks.get(actor), ANSWERED) == get(desks.get(actor), ASKED);
    }

    long answer(int actor) {
        return get(desks.get(actor), ANSWER);
    }

    private static long get(RawArray<Long> desk, int number) {
        return (long) LONGS.getVolatile(desk.asByteBuffer(), number * Long.BYTES);
    }

    private static void set(RawArray<Long> desk, int number, long value) {
        LONGS.setVolatile(desk.asByteBuffer(), number * Long.BYTES, value);
    }

    /** Those that are still busy are processes, which are killed, or daemon threads of a test that has failed. */
    @Override
    public void close() {
        for (int actor = 0; actor < count(); actor++) {
            if (isDone(actor)) {
                ask(actor, QUIT);
            }
        }
        try {
            for (Thread thread : threads) {
                thread.join(1000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            children.forEach(Child::close);
        }
    }
}
