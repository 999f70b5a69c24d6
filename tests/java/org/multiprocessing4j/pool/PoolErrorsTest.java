package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serial;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.posix.Posix;

/** What fails in the pool's own thread, or on the way to it and back, fails one call, and not the pool. */
class PoolErrorsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    static List<Supplier<BasicPool>> pools() {
        return List.of(() -> new Pool(1), () -> new ThreadPool(1));
    }

    private static void checkWorks(Calls pool) throws Exception {
        assertThat(pool.applyAsync(PoolTasks::square, 3).get(PATIENCE)).isEqualTo(9);
    }

    @ParameterizedTest
    @MethodSource("pools")
    void aCallbackThatFailsKeepsNobodyFromTheResult(Supplier<BasicPool> pools) throws Exception {
        try (var pool = pools.get().with()) {
            Calls calls = pool.withOptions(CallOptions.DEFAULT
                    .callback(result -> {
                        throw new AssertionError("not " + result);
                    })
                    .errorCallback(error -> {
                        throw new StackOverflowError("in a callback");
                    }));
            assertThat(calls.applyAsync(PoolTasks::square, 2).get(PATIENCE)).isEqualTo(4);
            assertThatThrownBy(() -> calls.applyAsync(PoolTasks::failUnchecked, 1).get(PATIENCE)).hasMessage("never 1");
            checkWorks(pool);
        }
    }

    @ParameterizedTest
    @MethodSource("pools")
    void anInterruptThatACallbackLeavesEndsNothing(Supplier<BasicPool> pools) throws Exception {
        try (var pool = pools.get().with()) {
            Calls calls = pool.withOptions(
                    CallOptions.DEFAULT.callback(result -> Thread.currentThread().interrupt()));
            for (int i = 0; i < 3; i++) {
                assertThat(calls.applyAsync(() -> Thread.currentThread().isInterrupted()).get(PATIENCE)).isFalse();
            }
            checkWorks(pool);
        }
    }

    /** As when there is no memory for the message; here it cannot be written, since there are no bytes for the task. */
    @Test
    void whatCannotBeBroughtToAWorkerFailsAlone() throws Exception {
        try (var pool = new Pool(1).with()) {
            assertThat(pool.apply(PoolTasks::square, 2)).isEqualTo(4);
            ProcessEngine engine = (ProcessEngine) pool.engine();
            MapJob<Object> job = new MapJob<>(engine, CallOptions.DEFAULT, 1, true);
            Function function = new Function(1, (Task.Of1<Object, Object>) x -> x);
            synchronized (engine.state.lock) {
                engine.state.schedule.add(new Chunk(job, function, 0, 1, new Object[1]));
                engine.state.dispatch();
            }
            assertThatThrownBy(() -> job.result.get(PATIENCE)).isInstanceOf(NullPointerException.class);
            checkWorks(pool);
        }
    }

    @Test
    void callbacksThatFailDoNotKeepAPoolFromEnding() throws Exception {
        Pool pool = new Pool(1);
        Calls calls = pool.withOptions(CallOptions.DEFAULT.errorCallback(error -> {
            throw new AssertionError("not " + error);
        }));
        List<AsyncResult<Integer>> results = List.of(
                calls.applyAsync(PoolTasks::sleepForEver, 1), calls.applyAsync(PoolTasks::square, 2));
        pool.terminate();
        assertThat(pool.join(PATIENCE)).isTrue();
        assertThat(results).allMatch(AsyncResult::isDone);
    }

    /** What cannot be read where it arrives. */
    static final class Unreadable implements Serializable {
        @Serial
        private static final long serialVersionUID = 1L;
        private final int madeIn = Posix.getpid();

        @Serial
        private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
            in.defaultReadObject();
            throw new AssertionError(madeIn == Posix.getpid() ? "made here" : "made elsewhere");
        }
    }

    /** An exception that cannot be read in the parent. */
    static final class UnreadableException extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1L;

        @Serial
        private Object readResolve() {
            throw new AssertionError("this one");
        }
    }

    static int throwUnreadable(int x) {
        if (x == 1) {
            throw new UnreadableException();
        }
        return x;
    }

    @Test
    void aResultThatCannotBeReadFailsItsCall() throws Exception {
        try (var pool = new Pool(1).with()) {
            assertThatThrownBy(() -> pool.applyAsync(() -> new Unreadable()).get(PATIENCE))
                    .isInstanceOf(AssertionError.class).hasMessage("made elsewhere");
            checkWorks(pool);
            IMapIterator<Integer> results = pool.imap(PoolErrorsTest::throwUnreadable, PoolTasks.range(3), 3);
            assertThat(results.next(PATIENCE)).isZero();
            assertThatThrownBy(() -> results.next(PATIENCE)).isInstanceOf(RemoteException.class)
                    .hasMessageContaining("cannot be read here").hasMessageContaining("this one");
            assertThat(results.next(PATIENCE)).isEqualTo(2);
        }
    }

    static Object lockAtOne(int x) {
        return x == 1 ? new Lock() : x;
    }

    /** An exception that can neither be sent nor say what it is. */
    static final class Mute extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("mute");
        }

        @Serial
        private Object writeReplace() {
            throw new Mute();
        }
    }

    static int throwMute() {
        throw new Mute();
    }

    /** Values whose own code fails while they are written cost their items alone. */
    @Test
    void whatCannotBeWrittenForWhateverReasonArrivesAsText() throws Exception {
        try (var pool = new Pool(1).with()) {
            final int worker = pool.apply(PoolTasks::pid);
            IMapIterator<Object> results = pool.imap(PoolErrorsTest::lockAtOne, PoolTasks.range(3), 3);
            assertThat(results.next(PATIENCE)).isEqualTo(0);
            assertThatThrownBy(() -> results.next(PATIENCE)).isInstanceOf(RemoteException.class)
                    .hasMessageContaining("Error sending result of class " + Lock.class.getName())
                    .hasMessageContaining("through inheritance");
            assertThat(results.next(PATIENCE)).isEqualTo(2);
            assertThatThrownBy(() -> pool.applyAsync(PoolErrorsTest::throwMute).get(PATIENCE))
                    .isInstanceOfSatisfying(RemoteException.class,
                            e -> assertThat(e.type()).isEqualTo(Mute.class.getName()))
                    .hasMessageContaining("could not be sent as it is")
                    .cause().hasMessageContaining("whose trace cannot be printed");
            assertThat(pool.apply(PoolTasks::pid)).isEqualTo(worker);
        }
    }

    @Test
    void argumentsThatCannotBeReadFailTheirTask() throws Exception {
        try (var pool = new Pool(1).with()) {
            final int worker = pool.apply(PoolTasks::pid);
            assertThatThrownBy(() -> pool.applyAsync(x -> 1, new Unreadable()).get(PATIENCE))
                    .isInstanceOf(AssertionError.class).hasMessage("made elsewhere");
            assertThat(pool.apply(PoolTasks::pid)).isEqualTo(worker);
        }
    }

    @Test
    void aBuilderThatIsChangedChangesNoPoolThatItHasMade() throws Exception {
        Pool.Builder builder = Pool.builder().processes(1).maxtasksperchild(1);
        try (var pool = builder.build().with()) {
            builder.initializer(() -> PoolTasks.failUnchecked(1)).maxtasksperchild(100);
            for (int i = 0; i < 3; i++) {
                checkWorks(pool);
            }
            assertThat(pool.pool().insights().restarts()).isPositive();
        }
    }
}
