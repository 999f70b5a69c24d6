package org.multiprocessing4j;

import java.io.Serializable;
import org.multiprocessing4j.bindings.Native;

/**
 * What the fork server goes through so that its children find it done: they are copies of it, and what it has loaded,
 * linked and compiled they need not.
 */
final class Rehearsal {

    /** How often code must run until HotSpot's first compiler has seen to it. */
    private static final int UNTIL_COMPILED = 400;

    private static final int PLAIN_AT_ONCE = 20;

    private static final int SHARED_TIMES = 60;

    private int stepsDone;

    /** What each child needs. Somebody waits for it: the first child cannot be made before. */
    static void first() throws Exception {
        ForkedChild.prepare();
        plain();
    }

    boolean isDone() {
        return stepsDone > SHARED_TIMES + UNTIL_COMPILED / PLAIN_AT_ONCE + 1;
    }

    /** The next part of what many children need; takes some milliseconds. For when nobody waits. */
    void step() throws Exception {
        int step = stepsDone++;
        if (step == 0) {
            Spawn.rehearse(new Target());
        } else if (step <= SHARED_TIMES) {
            shared();
        } else if (!isDone()) {
            for (int i = 0; i < PLAIN_AT_ONCE; i++) {
                plain();
            }
        } else {
            System.gc(); // what is left is what children share
            Native.heap_trim();
        }
    }

    private static void plain() throws Exception {
        Object[] arguments = {1, ""};
        Spawn.rehearse(new StaticCall(Rehearsal.class.getName(), "plain", "(ILjava/lang/String;)V", arguments));
    }

    private static void shared() throws Exception {
        try (Value<Integer> value = Value.of(CType.INT, 0); Array<Double> array = Array.of(CType.DOUBLE, 1)) {
            Object[] shared = {value, array, new Lock(), new RLock()};
            Spawn.rehearse(new StaticCall(
                    Rehearsal.class.getName(), "shared",
                    "(Lorg/multiprocessing4j/Value;Lorg/multiprocessing4j/Array;Lorg/multiprocessing4j/Lock;"
                            + "Lorg/multiprocessing4j/RLock;)V", shared));
        }
    }

    @SuppressWarnings("unused") // called by name
    private static void plain(int number, String text) {}

    @SuppressWarnings("unused") // called by name
    private static void shared(Value<Integer> value, Array<Double> array, Lock lock, RLock recursive) {
        value.getAndAdd(1);
        array.set(0, array.get(0) + 1);
        lock.acquire();
        lock.release();
        recursive.acquire();
        recursive.release();
        value.close();
        array.close();
    }

    private record Target() implements Process.Target, Serializable {
        @Override
        public void run() {}
    }
}
