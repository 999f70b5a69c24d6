package org.multiprocessing4j.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.Threads;

/** Anonymous shared memory, and the semaphores in it. */
class MappingTest {

    private static final int EINVAL = 22;
    private static final int EOVERFLOW = 75;

    private static final Duration MOMENT = Duration.ofMillis(40);

    @Test
    void isZeroedMemoryInNativeOrder() {
        try (Mapping mapping = Posix.mmap(5000)) {
            ByteBuffer buffer = mapping.buffer();
            assertThat(mapping.size()).isEqualTo(5000);
            assertThat(buffer.capacity()).isEqualTo(5000);
            assertThat(buffer.order()).isEqualTo(ByteOrder.nativeOrder());
            assertThat(buffer.mismatch(ByteBuffer.allocate(5000))).isEqualTo(-1);
            buffer.putLong(4992, -1L);
            assertThat(mapping.buffer().getLong(4992)).isEqualTo(-1L);
            assertThat(mapping.address() % 4096).isZero();
        }
    }

    @Test
    void isGoneAfterClose() {
        Mapping mapping = Posix.mmap(64);
        mapping.close();
        mapping.close();
        assertThatIllegalStateException().isThrownBy(mapping::buffer).withMessage("mapping is closed");
        assertThatIllegalStateException().isThrownBy(mapping::address);
        assertThatIllegalStateException().isThrownBy(() -> Posix.semInit(mapping, 0, 0));
        assertThat(mapping.size()).isEqualTo(64);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void hasAPositiveSize(int size) {
        assertThatIllegalArgumentException().isThrownBy(() -> Posix.mmap(size))
                .withMessage("size must be positive: " + size);
    }

    @Test
    void aSemaphoreCountsPermits() {
        try (Mapping mapping = Posix.mmap(4096)) {
            Semaphore semaphore = Posix.semInit(mapping, 4096 - Semaphore.BYTES, 2);
            assertThat(semaphore.value()).isEqualTo(2);
            semaphore.wait_();
            assertThat(semaphore.tryWait()).isTrue();
            assertThat(semaphore.value()).isZero();
            assertThat(semaphore.tryWait()).isFalse();
            semaphore.post();
            assertThat(semaphore.value()).isEqualTo(1);
            assertThat(semaphore.timedWait(ChronoUnit.FOREVER.getDuration())).isTrue();
            semaphore.destroy();
        }
    }

    @Test
    void aSemaphoreWaitsNoLongerThanItIsTold() {
        try (Mapping mapping = Posix.mmap(64)) {
            Semaphore semaphore = Posix.semInit(mapping, 0, 0);
            long start = System.nanoTime();
            assertThat(semaphore.timedWait(MOMENT)).isFalse();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(MOMENT.toNanos());
            assertThat(semaphore.timedWait(Duration.ZERO)).isFalse();
            assertThat(semaphore.timedWait(Duration.ofDays(-1))).isFalse();
            CompletableFuture<Void> waiter = Threads.runAsync(semaphore::wait_);
            semaphore.post();
            assertThat(waiter).succeedsWithin(Gate.PATIENCE);
        }
    }

    @Test
    void aSemaphoreNeedsRoomAndAlignment() {
        try (Mapping mapping = Posix.mmap(64)) {
            for (int offset : new int[] {-8, 4, 40, 64, Integer.MAX_VALUE - 7}) {
                assertThatIllegalArgumentException().isThrownBy(() -> Posix.semInit(mapping, offset, 1))
                        .withMessageContaining("offset " + offset);
            }
        }
    }

    @Test
    void aSemaphoreHasABound() {
        try (Mapping mapping = Posix.mmap(64)) {
            assertThatThrownBy(() -> Posix.semInit(mapping, 0, -1)).asInstanceOf(type(OSException.class))
                    .returns(EINVAL, OSException::errno).returns("sem_init", OSException::call);
            Semaphore full = Posix.semInit(mapping, 0, Integer.MAX_VALUE);
            assertThatThrownBy(full::post).asInstanceOf(type(OSException.class))
                    .returns(EOVERFLOW, OSException::errno).returns("sem_post", OSException::call);
        }
    }
}
