package org.multiprocessing4j;

import java.io.Serializable;
import org.multiprocessing4j.bindings.Native;

/**
 * What the fork server goes through so that its children find it done: they are copies of it, and what it has loaded and
 * linked they need not.
 */
final class Rehearsal {

    private Rehearsal() {}

    /** What each child needs. Somebody waits for it: the first child cannot be made before. */
    static void first() throws Exception {
        ForkedChild.prepare();
        Spawn.rehearse(new StaticCall(Rehearsal.class.getName(), "plain", "(ILjava/lang/String;)V", new Object[] {1, ""}));
    }

    /** What many need: shared objects among the arguments, and a target that is an object. */
    static void rest() throws Exception {
        try (Value<Integer> value = Value.of(CType.INT, 0); Array<Double> array = Array.of(CType.DOUBLE, 1)) {
            Object[] shared = {value, array, new Lock(), new RLock()};
            Spawn.rehearse(new StaticCall(
                    Rehearsal.class.getName(), "shared",
                    "(Lorg/multiprocessing4j/Value;Lorg/multiprocessing4j/Array;Lorg/multiprocessing4j/Lock;"
                            + "Lorg/multiprocessing4j/RLock;)V", shared));
        }
        Spawn.rehearse(new Target());
        System.gc(); // what is left is what children share
        Native.heap_trim();
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
