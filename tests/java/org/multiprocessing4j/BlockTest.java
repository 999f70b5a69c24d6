package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Pipe;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.StartMethods;

/** Pieces of shared memory. */
class BlockTest {

    private static final int EBADF = 9;
    private static final int EINVAL = 22;
    private static final int ENODEV = 19;

    private static final int LINE = 64;
    private static final int LARGE = 16 << 20;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 63, 64, 65, 4095, 4096, 5000, 1 << 20, LARGE})
    void isZeroedAndOnACacheLineOfItsOwn(int size) {
        try (Block first = Block.malloc(size); Block second = Block.malloc(size)) {
            assertThat(first.address() % LINE).isZero();
            assertThat(Math.abs(second.address() - first.address())).isGreaterThanOrEqualTo(Math.max(size, 1));
            ByteBuffer buffer = first.buffer();
            assertThat(buffer.order()).isEqualTo(ByteOrder.nativeOrder());
            assertThat(buffer.position()).isZero();
            assertThat(buffer.limit()).isEqualTo(size);
            assertThat(buffer.mismatch(ByteBuffer.allocate(size))).isEqualTo(-1);
        }
    }

    @Test
    void isZeroedWhenItsMemoryWasUsedBefore() {
        for (int i = 0; i < 10; i++) {
            try (Block block = Block.malloc(1000)) {
                assertThat(block.buffer().mismatch(ByteBuffer.allocate(1000))).isEqualTo(-1);
                block.buffer().put(new byte[1000]).put(999, (byte) 1).put(0, (byte) 1);
            }
        }
    }

    @Test
    void isAtMostTwoGibibytes() {
        assertThatIllegalArgumentException().isThrownBy(() -> Block.malloc(-1)).withMessage("Size -1 out of range");
        assertThatIllegalArgumentException().isThrownBy(() -> Block.malloc(1L << 31))
                .withMessage("Size 2147483648 out of range");
        assertThatIllegalArgumentException().isThrownBy(() -> Block.malloc(Long.MAX_VALUE));
    }

    @Test
    void arraysThatAreTooLargeAreRefusedAndLeaveNothing() {
        int before = ProcFs.descriptors();
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of(CType.DOUBLE, Integer.MAX_VALUE));
        assertThatIllegalArgumentException().isThrownBy(() -> RawArray.of(CType.BYTE, Long.MAX_VALUE));
        assertThat(ProcFs.descriptors()).isLessThanOrEqualTo(before);
    }

    @Test
    void afterCloseItIsNotThere() {
        Block block = Block.malloc(8);
        assertThat(block.isClosed()).isFalse();
        block.close();
        block.close();
        assertThat(block.isClosed()).isTrue();
        assertThatIllegalStateException().isThrownBy(block::buffer).withMessage("shared memory is closed");
        assertThatIllegalStateException().isThrownBy(block::expose);
        assertThatIllegalStateException().isThrownBy(block::handle);
    }

    @Test
    void whatIsClosedIsGivenBackAtOnce() {
        Block.malloc(1 << 20).close();
        int descriptors = ProcFs.descriptors();
        long memory = ProcFs.sharedMemory();
        for (int i = 0; i < 100; i++) {
            Block.malloc(1 << 20).close();
        }
        assertThat(ProcFs.descriptors()).isLessThanOrEqualTo(descriptors);
        for (int i = 0; i < 20; i++) {
            Block.malloc(LARGE).close();
        }
        assertThat(ProcFs.sharedMemory() - memory).isLessThan(5L * LARGE);
    }

    @Test
    void whatWasExposedStaysUntilNothingReachesIt() {
        Block exposed = Block.malloc(LARGE);
        ByteBuffer view = exposed.expose();
        exposed.close();
        view.putInt(0, 42);
        List<Block> others = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            others.add(Block.malloc(LARGE));
            others.get(i).buffer().putInt(0, 7);
        }
        assertThat(view.getInt(0)).isEqualTo(42);
        others.forEach(Block::close);
    }

    @Test
    void aBufferStaysReadableAfterClose() {
        Block block = Block.malloc(LARGE);
        ByteBuffer late = block.buffer().slice(LARGE / 2, 100);
        block.close();
        System.gc();
        assertThat(late.get(50)).as("something, and no crash").isBetween(Byte.MIN_VALUE, Byte.MAX_VALUE);
    }

    @Test
    void whatIsForgottenIsGivenBackByTheCollector() {
        int before = ProcFs.descriptors();
        for (int i = 0; i < 5; i++) {
            Block.malloc(LARGE);
        }
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> {
            System.gc();
            return ProcFs.descriptors() <= before;
        });
    }

    @Test
    void aHandleLeadsToTheSameMemory() {
        try (Block block = Block.malloc(100)) {
            SharedHandle handle = block.handle();
            assertThat(handle.size()).isEqualTo(100);
            assertThat(handle.offset() % LINE).isZero();
            try (Block same = Block.attach(handle.fd(), handle.offset(), handle.size())) {
                same.buffer().putLong(8, 1L << 40);
                assertThat(block.buffer().getLong(8)).isEqualTo(1L << 40);
                assertThat(same.handle().offset()).isEqualTo(handle.offset());
            }
            block.buffer().put(0, (byte) 1);
        }
    }

    @Test
    void onlyWhatLiesInAnArenaCanBeAttached() {
        Pipe pipe = Posix.pipe();
        try (Block block = Block.malloc(100)) {
            int fd = block.handle().fd();
            assertErrno(EBADF, () -> Block.attach(-1, 0, 1));
            assertErrno(EINVAL, () -> Block.attach(fd, 1L << 40, 1));
            assertErrno(EINVAL, () -> Block.attach(fd, 0, 1L << 40));
            assertThatThrownBy(() -> Block.attach(pipe.reader(), 0, 1)).asInstanceOf(type(OSException.class))
                    .extracting(OSException::errno).isIn(EINVAL, ENODEV);
        } finally {
            Posix.close(pipe.reader());
            Posix.close(pipe.writer());
        }
    }

    private static void assertErrno(int errno, ThrowingCallable call) {
        assertThatThrownBy(call).asInstanceOf(type(OSException.class)).returns(errno, OSException::errno);
    }

    @Test
    void oneArenaIsMappedOnceHoweverOftenItIsAttached() {
        try (Block block = Block.malloc(100)) {
            SharedHandle handle = block.handle();
            Block first = Block.attach(handle.fd(), handle.offset(), 50);
            int before = ProcFs.descriptors();
            Block second = Block.attach(handle.fd(), handle.offset(), 50);
            assertThat(ProcFs.descriptors()).isLessThanOrEqualTo(before);
            assertThat(second.address()).isEqualTo(first.address());
            first.close();
            second.close();
        }
    }

    @StartMethods
    void isTheSameMemoryInAChildAndOutlivesIt(Context ctx) {
        try (Block block = Block.malloc(LARGE)) {
            assertThat(Child.run(ctx.builder().target(BlockTest::fill, block).build())).isZero();
            assertThat(block.buffer().getInt(LARGE - 4)).isEqualTo(5);
        }
    }

    private static void fill(Block block) {
        block.buffer().putInt(LARGE - 4, 5);
        block.close();
    }

    @StartMethods
    void aChildKeepsItWhenItsParentForgetsIt(Context ctx) {
        Gate go = new Gate();
        RawValue<Integer> seen = RawValue.of(CType.INT, 0);
        try (Child child = Child.start(startWithForgotten(ctx, go, seen))) {
            System.gc();
            for (int i = 0; i < 3; i++) {
                try (Block other = Block.malloc(1000)) {
                    other.buffer().putInt(0, 1);
                }
            }
            go.open();
            assertThat(child.exitcode()).isZero();
            assertThat(seen.getInt()).isEqualTo(42);
        }
    }

    private static Process startWithForgotten(
            Context ctx, Gate go, RawValue<Integer> seen) {
        Block forgotten = Block.malloc(1000);
        forgotten.buffer().putInt(0, 42);
        return ctx.builder().target(BlockTest::readLater, forgotten, go, seen).build();
    }

    private static void readLater(Block block, Gate go, RawValue<Integer> seen) {
        go.pass();
        seen.setInt(block.buffer().getInt(0));
    }
}
