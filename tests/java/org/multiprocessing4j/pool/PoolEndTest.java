package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serial;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.RawValue;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.JavaProgram;

/** What becomes of calls that are under way when their pool or their worker ends. */
class PoolEndTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static List<Integer> rest(IMapIterator<Integer> results) throws Exception {
        List<Integer> all = new ArrayList<>();
        while (results.hasNext()) {
            all.add(results.next(PATIENCE));
        }
        return all;
    }

    private static IMapIterator<Integer> squares(BasicPool pool, int items) {
        return pool.withOptions(CallOptions.DEFAULT.buffersize(4)).imap(PoolTasks::square, PoolTasks.range(items));
    }

    private static void closedPoolGoesOn(BasicPool pool) throws Exception {
        IMapIterator<Integer> results = squares(pool, 200);
        assertThat(results.next(PATIENCE)).isZero();
        pool.close();
        assertThatThrownBy(() -> squares(pool, 1)).hasMessage("Pool not running");
        assertThat(pool.join(Duration.ZERO)).isFalse();
        assertThat(rest(results)).isEqualTo(PoolTasks.squares(200).subList(1, 200));
        assertThat(pool.join(PATIENCE)).isTrue();
    }

    @Test
    void aClosedPoolGoesOnWithWhatImapHadBegun() throws Exception {
        closedPoolGoesOn(new Pool(1));
        closedPoolGoesOn(new ThreadPool(1));
    }

    @Test
    void whoJoinsBeforeTakingTheResultsHasTheInputTaken() throws Exception {
        for (BasicPool pool : List.of(new Pool(1), new ThreadPool(1))) {
            IMapIterator<Integer> results = squares(pool, 200);
            pool.close();
            assertThat(pool.join(PATIENCE)).isTrue();
            assertThat(rest(results)).isEqualTo(PoolTasks.squares(200));
        }
    }

    @Test
    void anIteratorWhoseThreadHasEndedHoldsUpNobody() throws Exception {
        Pool pool = new Pool(1);
        List<IMapIterator<Integer>> abandoned = new ArrayList<>();
        Thread user = new Thread(() -> abandoned.add(squares(pool, 200)));
        user.start();
        user.join();
        pool.close();
        assertThat(pool.join(PATIENCE)).isTrue();
        assertThat(rest(abandoned.get(0))).isEqualTo(PoolTasks.squares(200));
    }

    @Test
    void aTerminatedPoolEndsImap() throws Exception {
        Pool pool = new Pool(1);
        IMapIterator<Integer> results =
                pool.withOptions(CallOptions.DEFAULT.buffersize(2)).imap(PoolTasks::sleepForEver, PoolTasks.range(9));
        await().until(() -> results.toString().contains("0 of 2"));
        pool.terminate();
        pool.join();
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> results.next(PATIENCE)).isInstanceOf(CancellationException.class);
        }
        assertThatThrownBy(() -> results.next(PATIENCE)).hasMessage("Pool not running");
        assertThat(results.hasNext()).isFalse();
    }

    /** A function that kills whoever reads it. */
    private static final class Deadly implements Task<Integer> {
        @Serial
        private static final long serialVersionUID = 1L;

        @Serial
        private void readObject(ObjectInputStream in) {
            Posix.kill(Posix.getpid(), Posix.SIGKILL);
        }

        @Override
        public Integer call() {
            return 1;
        }
    }

    @Test
    void aFunctionThatCannotBeReadAliveFailsItsTask() throws Exception {
        try (var pool = new Pool(1).with()) {
            AsyncResult<Integer> result = pool.applyAsync(new Deadly());
            assertThatThrownBy(() -> result.get(PATIENCE)).isInstanceOf(WorkerDiedException.class);
            assertThat(pool.apply(PoolTasks::square, 3)).isEqualTo(9);
        }
    }

    @Test
    void aWorkerThatCannotEndByItselfIsReplaced() throws Exception {
        RawValue<Integer> count = RawValue.of(CType.INT, 0);
        Pool.Builder workers = Pool.builder().processes(1).maxtasksperchild(1)
                .initializer(PoolTasks::failOnceAndLeaveThread, count);
        try (var pool = workers.build().with()) {
            assertThat(pool.applyAsync(PoolTasks::leaveThread, 1).get(PATIENCE)).isEqualTo(1);
            assertThat(pool.applyAsync(PoolTasks::square, 3).get(PATIENCE)).isEqualTo(9);
        }
    }

    /** An item that does something when it is sent. */
    private static final class Meddling implements Serializable {
        @Serial
        private static final long serialVersionUID = 1L;
        private final transient Runnable deed;

        Meddling(Runnable deed) {
            this.deed = deed;
        }

        @Serial
        private void writeObject(ObjectOutputStream out) {
            deed.run();
        }
    }

    private static int one(Meddling ignored) {
        return 1;
    }

    @Test
    void aMapThatHasBegunWhenThePoolIsClosedIsDone() throws Exception {
        Pool pool = new Pool(1);
        List<Meddling> items = List.of(new Meddling(() -> {}), new Meddling(pool::close), new Meddling(() -> {}));
        AsyncResult<List<Integer>> result = pool.mapAsync(PoolEndTest::one, items, 1);
        assertThat(pool.join(PATIENCE)).isTrue();
        assertThat(result.get(Duration.ZERO)).containsExactly(1, 1, 1);
    }

    /** Its workers end with it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aProgramThatEndsLeavesNoHookWaiting(boolean closed) {
        String[] arguments = closed ? new String[] {"closed"} : new String[0];
        JavaProgram.Outcome outcome = JavaProgram.of(PoolPrograms.WaitingHook.class, arguments).run();
        assertThat(outcome.out()).as(outcome.err())
                .contains("the pool is broken: its workers cannot be started; this program ends");
        assertThat(outcome.code()).isZero();
    }
}
