package org.multiprocessing4j;

import java.io.IOException;
import java.io.Serializable;
import java.lang.invoke.MethodType;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.connection.Connection;
import org.multiprocessing4j.connection.Pipe;

/**
 * What the fork server goes through so that its children find it done: they are copies of it, and what it has loaded,
 * linked and compiled they need not.
 */
final class Rehearsal {

    /** How often code must run until HotSpot's first compiler has seen to it. */
    private static final int UNTIL_COMPILED = 400;

    private static final int PLAIN_AT_ONCE = 20;

    private static final int SHARED_TIMES = 60;

    /** Pools and connections are used less often, and the children that have them live longer. */
    private static final int POOL_TIMES = 8;

    /** By name: packages stand on this one, and not the other way round. */
    private static final String POOL_WORKER = "org.multiprocessing4j.pool.PoolWorker";

    private static boolean knowsShared;

    /**
     * When the last step comes again: once its compilers have done with what was rehearsed, and once HotSpot has given
     * back what they used, which it does every five seconds only.
     */
    private static final long[] SETTLING_MILLIS = {1000, 6000};

    /** And after so many children, each of which leaves some garbage in the server. */
    private static final int CHILDREN_UNTIL_TIDY = 2000;

    private int stepsDone;
    private int settlings;
    private long endedAt;
    private int childrenSinceTidy;

    /** What each child needs. Somebody waits for it: the first child cannot be made before. */
    static void first() throws Exception {
        ForkedChild.prepare();
        ForkServerMain.rehearse(plain());
    }

    /**
     * What most children do, once more, in a child that waits for its process: it copies the memory pages that it is
     * going to write while nobody waits for it.
     */
    static void again() {
        try {
            Spawn.rehearse(plain());
            ForkedChild.joinThreads(Jvm.application_threads(), false);
            if (knowsShared) {
                value();
            }
        } catch (Exception | LinkageError e) {
            skipped(e);
        }
    }

    /** How long until the next step should be done; -1 if there is none left. */
    long millisToStep() {
        if (!isDone()) {
            return 0;
        }
        if (settlings == SETTLING_MILLIS.length) {
            return childrenSinceTidy < CHILDREN_UNTIL_TIDY ? -1 : 0;
        }
        return Math.max(0, SETTLING_MILLIS[settlings] - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - endedAt));
    }

    private boolean isDone() {
        return stepsDone > SHARED_TIMES + UNTIL_COMPILED / PLAIN_AT_ONCE + 1;
    }

    /** Has it known that there is one more child. */
    void madeChild() {
        childrenSinceTidy++;
    }

    /** The next part of what many children need; takes some milliseconds. For when nobody waits. */
    void step() {
        try {
            doStep();
        } catch (Exception | LinkageError e) {
            stepsDone = Integer.MAX_VALUE;
            settlings = SETTLING_MILLIS.length;
            skipped(e);
        }
    }

    /** Children are made all the same: what could not be tried here, for want of descriptors say, they do anew. */
    private static void skipped(Throwable reason) {
        System.getLogger("org.multiprocessing4j").log(System.Logger.Level.DEBUG, "a rehearsal was given up", reason);
    }

    private void doStep() throws Exception {
        if (isDone()) {
            childrenSinceTidy = 0;
            settlings = Math.min(settlings + 1, SETTLING_MILLIS.length);
            tidy();
            Jvm.gather_memory(); // what is not written to from here on, which is most of it
            return;
        }
        int step = stepsDone++;
        if (step == 0) {
            Spawn.rehearse(new Target());
        } else if (step <= SHARED_TIMES) {
            shared();
            knowsShared = true;
            if (step <= POOL_TIMES) {
                Jvm.call_static(Class.forName(POOL_WORKER), "rehearse", "()V", new Object[0]);
                connections();
            }
        } else if (!isDone()) {
            for (int i = 0; i < PLAIN_AT_ONCE; i++) {
                ForkServerMain.rehearse(plain());
            }
        } else {
            tidy();
            endedAt = System.nanoTime();
        }
    }

    /** What is left after this is copied for each child, and given back by each. */
    private static void tidy() throws Exception {
        System.gc();
        ForkServerMain.rehearse(plain());
        Native.heap_trim();
        Native.malloc_trim();
    }

    private static Process.Target plain() {
        Object[] arguments = {1, ""};
        return new StaticCall(Rehearsal.class.getName(), "plain", "(ILjava/lang/String;)V", arguments);
    }

    /** The shared object that most children get, if they get one. */
    private static void value() throws Exception {
        try (RawValue<Long> value = RawValue.of(CType.LONG, 0L)) {
            Object[] arguments = {value};
            Spawn.rehearse(new StaticCall(
                    Rehearsal.class.getName(), "value", "(Lorg/multiprocessing4j/RawValue;)V", arguments));
        }
    }

    @SuppressWarnings("unused") // called by name
    private static void value(RawValue<Long> raw) {
        raw.setLong(raw.getLong() + 1);
    }

    private static void shared() throws Exception {
        try (Value<Integer> number = Value.of(CType.INT, 0);
                RawValue<Long> raw = RawValue.of(CType.LONG, 0L);
                Array<Double> array = Array.of(CType.DOUBLE, 1);
                Queue<Object> queue = new Queue<>()) {
            Lock lock = new Lock();
            Object[] shared = {
                number, raw, array, lock, new RLock(), new BoundedSemaphore(1), new Condition(lock), new Event(),
                new Barrier(1), queue
            };
            Spawn.rehearse(new StaticCall(
                    Rehearsal.class.getName(), "shared",
                    MethodType.methodType(
                            void.class, Value.class, RawValue.class, Array.class, Lock.class, RLock.class,
                            BoundedSemaphore.class, Condition.class, Event.class, Barrier.class,
                            Queue.class).descriptorString(),
                    shared));
        }
    }

    private static void connections() throws Exception {
        try (Pipe pipe = Pipe.open(false)) {
            Spawn.rehearse(new StaticCall(
                    Rehearsal.class.getName(), "connections",
                    MethodType.methodType(void.class, Connection.class, Connection.class).descriptorString(),
                    new Object[] {pipe.reader(), pipe.writer()}));
        }
    }

    @SuppressWarnings("unused") // called by name
    private static void connections(Connection reader, Connection writer) throws IOException {
        try (reader; writer) {
            writer.send("");
            reader.recv();
            writer.sendBytes(new byte[1]);
            reader.recvBytes();
        }
    }

    @SuppressWarnings("unused") // called by name
    private static void plain(int number, String text) {}

    @SuppressWarnings("unused") // called by name
    private static void shared(
            Value<Integer> number, RawValue<Long> raw, Array<Double> array, Lock lock, RLock recursive,
            BoundedSemaphore semaphore, Condition condition, Event event, Barrier barrier, Queue<Object> queue)
            throws Exception {
        number.set(number.get() + number.getInt());
        number.getAndAdd(1);
        raw.setLong(raw.getLong() + 1);
        array.set(0, array.get(0) + array.getDouble(0));
        for (SemLock one : new SemLock[] {lock, recursive}) {
            one.acquire();
            one.release();
            one.hold().close();
        }
        semaphore.acquire();
        semaphore.release();
        semaphore.hold().close();
        condition.acquire();
        condition.await(Duration.ZERO);
        condition.signalAll();
        condition.release();
        event.set();
        event.await();
        event.clear();
        barrier.await();
        queue.put("");
        queue.get();
        queue.close();
        number.close();
        raw.close();
        array.close();
    }

    private record Target() implements Process.Target, Serializable {
        @Override
        public void run() {}
    }
}
