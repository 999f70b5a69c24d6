package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a thread has put is there before whatever it does next. */
class QueueOrderTest {

    private static final int TIMES = 50_000;
    /** From then on the one who puts takes no lock. */
    private static final int IN_A_ROW = 80_000;

    private final List<Queue<Integer>> queues = List.of(new Queue<>(), new Queue<>());
    private final AtomicInteger arrived = new AtomicInteger();

    private void meet(int time) throws InterruptedException {
        arrived.incrementAndGet();
        for (int i = 0; arrived.get() < 2 * time; i++) {
            if (i > 1000) {
                Thread.sleep(0); // lets others run, and can be interrupted
            }
        }
    }

    /** Puts messages into its own queue, and looks into the other one. @return when it found nothing there */
    private boolean[] run(int me) throws InterruptedException {
        Queue<Integer> mine = queues.get(me);
        Queue<Integer> other = queues.get(1 - me);
        for (int i = 0; i < IN_A_ROW; i++) {
            mine.put(i);
            mine.get();
        }
        boolean[] missed = new boolean[TIMES];
        for (int i = 0; i < TIMES; i++) {
            meet(2 * i + 1);
            mine.put(i);
            missed[i] = other.empty();
            meet(2 * i + 2);
            mine.get();
        }
        return missed;
    }

    @Test
    @Timeout(60)
    void oneOfTwoWhoPutSeesTheOthersMessage() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<boolean[]> one = threads.submit(() -> run(0));
            Future<boolean[]> two = threads.submit(() -> run(1));
            boolean[] missed = one.get();
            boolean[] missedToo = two.get();
            for (int i = 0; i < TIMES; i++) {
                assertThat(missed[i] && missedToo[i]).as("both missed message %d", i).isFalse();
            }
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
            queues.forEach(Queue::close);
        }
    }
}
