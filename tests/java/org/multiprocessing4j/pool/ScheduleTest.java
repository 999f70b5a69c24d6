package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.RawArray;

/** Who gets what; the workers' part is played here. */
class ScheduleTest {

    private static final int SIZE = 100_000;

    private final RawArray<Long> cells = RawArray.of(CType.LONG, 2 * Claims.STRIDE);
    private final Exchange exchange = new Exchange();
    private final Worker busy = new Worker(0, 1, cells, exchange, new Queue<>(), 0);
    private final Worker quick = new Worker(1, 2, cells, exchange, new Queue<>(), 0);
    private final List<Worker> missed = new ArrayList<>();
    private final Schedule schedule = new Schedule(new Worker[] {busy, quick}, 0, this::undelivered);

    private void undelivered(Worker worker, List<Chunk> chunks, Throwable why) {
        assertThat(chunks).hasSize(1);
        assertThat(why).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        worker.leaving = true;
        missed.add(worker);
    }

    private void submit() {
        Function function = new Function(1, (Task.Of1<byte[], Integer>) bytes -> bytes.length);
        MapJob<Integer> job = new MapJob<>(null, CallOptions.DEFAULT, 1, true);
        Chunk chunk = new Chunk(job, function, 0, 1, new Object[] {new byte[SIZE]});
        chunk.encode(exchange);
        schedule.add(chunk);
        schedule.dispatch();
    }

    private static void begin(Worker worker) {
        assertThat(worker.claims.claim(worker.underway.peek().sequence)).isTrue();
    }

    private void answer(Worker worker) {
        worker.underway.remove();
        worker.answered(1, 1);
        schedule.dispatch();
    }

    /** It does not take its messages out, and what is taken back lies there on. */
    @Test
    void aWorkerThatIsBusyIsNotSentWithoutEndWhatOthersDo() {
        busy.isReady(1);
        quick.isReady(1);
        submit();
        begin(busy);
        for (int i = 0; i < 1000; i++) {
            submit();
            submit();
            while (!quick.underway.isEmpty()) {
                begin(quick);
                answer(quick);
                while (quick.tasks.size() > 1) {
                    quick.tasks.poll();
                }
            }
        }
        assertThat(schedule.isEmpty()).isTrue();
        assertThat((long) busy.tasks.size() * SIZE).isBetween(1L << 20, 2L << 20);
        answer(busy);
        submit();
        assertThat(busy.underway.size() + quick.underway.size()).isEqualTo(1);
    }

    @Test
    void nobodyIsLeftOutForWhatWasTakenBack() {
        busy.isReady(1);
        submit();
        begin(busy);
        for (int i = 0; i < 100; i++) {
            submit();
            schedule.putBack(busy.revoke());
        }
        assertThat(busy.underway).hasSize(1);
        assertThat((long) busy.tasks.size() * SIZE).isLessThan(2L << 20);
        answer(busy);
        assertThat(busy.underway).isNotEmpty();
    }

    @Test
    void whatCannotBeDeliveredIsNobodysWork() {
        busy.isReady(1);
        quick.isReady(1);
        busy.tasks.close();
        submit();
        submit();
        assertThat(missed).containsExactly(busy);
        assertThat(busy.underway).isEmpty();
        assertThat(quick.underway).hasSize(1);
        assertThat(schedule.isEmpty()).isTrue();
    }
}
