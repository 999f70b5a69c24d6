package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.Queue;

class PoolStateTest {

    /** As when a worker writes a result all the time. What is lost would be a worker that is never replaced. */
    @Test
    void aMessageThatCannotBePutInIsPutInLater() throws Exception {
        try (Queue<byte[]> results = new Queue<>(1)) {
            PoolState state = new PoolState(Pool.builder().processes(1), results);
            state.tell(new byte[] {1});
            Thread second = new Thread(() -> state.tell(new byte[] {2}));
            second.start();
            second.join(300);
            assertThat(second.isAlive()).isTrue();
            assertThat(results.poll(30, TimeUnit.SECONDS)).containsExactly(1);
            assertThat(results.poll(30, TimeUnit.SECONDS)).containsExactly(2);
            second.join();
        }
    }

    @Test
    void whatAPoolThatHasEndedIsToldIsForgotten() {
        Queue<byte[]> results = new Queue<>();
        PoolState state = new PoolState(Pool.builder().processes(1), results);
        state.end();
        results.close();
        state.tell(new byte[] {1});
        assertThat(state.isEnded()).isTrue();
    }
}
