package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import java.math.BigInteger;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.support.Threads;

class ValueTest {
    private static final int PROCESSES = 4;
    private static final int ROUNDS = 1000;

    @Test
    void holdsItsInitialValueAndWhatIsSetLater() {
        Value<Integer> value = Value.of(CType.INT, 5);
        assertThat(value.get()).isEqualTo(5);
        value.set(-7);
        assertThat(value.get()).isEqualTo(-7);
        assertThat(value.getInt()).isEqualTo(-7);
    }

    @ParameterizedTest
    @ValueSource(chars = {'b', 'B', 'h', 'H', 'i', 'I', 'l', 'L', 'q', 'Q', 'f', 'd', 'c'})
    void isZeroWithoutAnInitialValue(char typecode) {
        assertThat(Value.of(typecode).getDouble()).isZero();
    }

    @Test
    void updateIsAtomicBetweenThreads() {
        Value<Integer> value = Value.of(CType.INT, 0);
        CompletableFuture<?>[] threads = IntStream.range(0, PROCESSES)
                .mapToObj(i -> Threads.runAsync(() -> increment(value))).toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(threads).join();
        assertThat(value.getInt()).isEqualTo(PROCESSES * ROUNDS);
    }

    @Test
    void updateReturnsTheNewValue() {
        assertThat(Value.of('i', 20).update(x -> (Integer) x + 1)).isEqualTo(21);
        assertThat(Value.of('i', 20).updateInt(x -> x + 1)).isEqualTo(21);
        assertThat(Value.of('q', 20).updateLong(x -> x << 40)).isEqualTo(20L << 40);
        assertThat(Value.of('d', 20).updateDouble(x -> x / 8)).isEqualTo(2.5);
    }

    @Test
    void updateThatThrowsLeavesTheValueAndReleasesTheLock() {
        Value<Integer> value = Value.of(CType.INT, 3);
        assertThatThrownBy(() -> value.updateInt(x -> x / (x - 3))).isInstanceOf(ArithmeticException.class);
        assertThat(value.getLock().locked()).isFalse();
        assertThat(value.getInt()).isEqualTo(3);
    }

    @Test
    void everyAccessTakesTheLock() throws Exception {
        Value<Integer> value = Value.of(CType.INT, 1);
        value.acquire();
        CompletableFuture<Integer> read = Threads.supplyAsync(value::getInt);
        CompletableFuture<Void> locked = Threads.runAsync(
                () -> assertThat(value.acquire(Duration.ofMillis(50))).isFalse());
        locked.join();
        assertThat(read).isNotDone();
        value.getObj().setInt(2);
        value.release();
        assertThat(read.get()).isEqualTo(2);
    }

    @Test
    void holdKeepsSeveralAccessesTogether() {
        Value<Integer> value = Value.of(CType.INT, 1);
        try (SemLock.Guard guard = value.hold()) {
            assertThat(guard).isNotNull();
            value.setInt(value.getInt() + 1);
            assertThat(Threads.supplyAsync(() -> value.acquire(false)).join()).isFalse();
        }
        assertThat(value.getLock().locked()).isFalse();
        assertThat(value.getInt()).isEqualTo(2);
    }

    @Test
    void atomicsDoNotWaitForTheLock() {
        Value<Integer> value = Value.of(CType.INT, 1);
        value.acquire();
        assertThat(Threads.supplyAsync(() -> value.getAndAdd(4)).join()).isEqualTo(1);
        assertThat(Threads.supplyAsync(value::getIntVolatile).join()).isEqualTo(5);
        value.release();
    }

    @Test
    void takesTheFormsOfLockThatPythonTakes() {
        assertThat(Value.of('i', 0).getLock()).isInstanceOf(RLock.class);
        assertThat(Value.of('i', 0, true).getLock()).isInstanceOf(RLock.class);
        assertThat(Value.of('i', 0, null).getLock()).isInstanceOf(RLock.class);
        Lock lock = new Lock();
        assertThat(Value.of('i', 0, lock).getLock()).isSameAs(lock);
        RLock recursive = new RLock();
        assertThat(Value.of(CType.INT, 0, recursive).getLock()).isSameAs(recursive);
    }

    @Test
    void withoutLockItIsAPlainValue() {
        Value<Object> value = Value.of('i', 5, false);
        assertThat(value.getInt()).isEqualTo(5);
        assertThat(value).hasToString("c_int(5)");
        assertThatIllegalStateException().isThrownBy(value::getLock).withMessageContaining("without a lock");
        assertThatIllegalStateException().isThrownBy(value::acquire);
        assertThatIllegalStateException().isThrownBy(value::release);
        assertThatIllegalStateException().isThrownBy(() -> value.updateInt(x -> x + 1));
    }

    @Test
    void rejectsWhatIsNoLock() {
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of('i', 0, 5))
                .withMessageStartingWith("5 has no method 'acquire'");
    }

    @Test
    void rejectsUnknownTypecodesAndNamesTheValidOnes() {
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of('z'))
                .withMessage("bad typecode 'z' (must be one of c u b B h H i I l L q Q f d)");
    }

    @Test
    void rejectsValuesThatTheTypeDoesNotTake() {
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of('i', 1.5))
                .withMessage("1.5 (java.lang.Double) cannot be interpreted as an integer for c_int");
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of('d', "x"))
                .withMessage("c_double: must be real number, not x (java.lang.String)");
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of('i', null)).withMessageStartingWith("null");
        Value<Object> value = Value.of('i', 5);
        assertThatIllegalArgumentException().isThrownBy(() -> value.set("6"));
        assertThat(value.getLock().locked()).isFalse();
        assertThat(value.get()).isEqualTo(5);
    }

    @Test
    void showsItselfAsInPython() {
        assertThat(Value.of('i', 5)).hasToString("<Synchronized wrapper for c_int(5)>");
        assertThat(Value.of('u', "ö")).hasToString("<Synchronized wrapper for c_wchar(ö)>");
        Value<Integer> held = Value.of(CType.INT, 1, new Lock());
        held.acquire();
        assertThat(held).as("without waiting for the lock").hasToString("<Synchronized wrapper for c_int(1)>");
    }

    @Test
    void isEqualToItselfAlone() {
        Value<Object> value = Value.of('i', 5);
        assertThat(value).isEqualTo(value).isNotEqualTo(Value.of('i', 5));
    }

    @Test
    void afterCloseEveryAccessIsAnError() {
        Value<Integer> value = Value.of(CType.INT, 5);
        RawValue<Integer> raw = value.getObj();
        assertThat(value.isClosed()).isFalse();
        value.close();
        value.close();
        assertThat(value.isClosed()).isTrue();
        assertThat(raw.isClosed()).isTrue();
        assertThatIllegalStateException().isThrownBy(value::get).withMessage("shared c_int is closed");
        assertThatIllegalStateException().isThrownBy(() -> value.setInt(1));
        assertThatIllegalStateException().isThrownBy(() -> value.getAndAdd(1));
        assertThatIllegalStateException().isThrownBy(() -> value.compareAndSet(1, 2));
        assertThatIllegalStateException().isThrownBy(value::asByteBuffer);
        assertThatIllegalStateException().isThrownBy(value::handle);
        assertThatIllegalStateException().isThrownBy(raw::getInt);
        assertThat(value.getLock().locked()).isFalse();
        assertThat(value).hasToString("<Synchronized wrapper for closed c_int>");
    }

    @Test
    void travelsOnlyWhileAProcessIsStarted() throws Exception {
        try (ObjectOutputStream out = new ObjectOutputStream(new ByteArrayOutputStream())) {
            assertThatIllegalStateException().isThrownBy(() -> out.writeObject(Value.of('i', 0)));
        }
    }

    @Test
    void isSharedWithProcesses() {
        Value<Integer> value = Value.of(CType.INT, 0);
        Children.run(IntStream.range(0, PROCESSES).mapToObj(i -> Process.of(ValueTest::increment, value))
                .toArray(Process[]::new));
        assertThat(value.getInt()).isEqualTo(PROCESSES * ROUNDS);
    }

    @Test
    void atomicsCountAcrossProcesses() {
        Value<Object> value = Value.of('Q', 0);
        Children.run(IntStream.range(0, PROCESSES).mapToObj(i -> Process.of(ValueTest::count, value))
                .toArray(Process[]::new));
        assertThat(value.get()).isEqualTo(BigInteger.valueOf(PROCESSES * ROUNDS));
    }

    @Test
    void volatileAccessesReachAnotherProcessWhileItRuns() {
        Value<Integer> ping = Value.of(CType.INT, 0);
        Value<Integer> pong = Value.of(CType.INT, 0);
        try (Process child = Process.of(ValueTest::answer, ping, pong)) {
            child.start();
            ping.setIntVolatile(1);
            await().until(() -> pong.getIntVolatile() == 1);
            child.join();
            assertThat(child.exitcode()).isZero();
        }
    }

    @Test
    void theLockOfSeveralValuesIsOneInTheChildToo() {
        RLock lock = new RLock();
        Value<Integer> left = Value.of(CType.INT, 1, lock);
        Value<Integer> right = Value.of(CType.INT, 2, lock);
        Children.run(Process.of(ValueTest::swap, left, right, lock));
        assertThat(left.getInt()).isEqualTo(2);
        assertThat(right.getInt()).isEqualTo(1);
    }

    @Test
    void aValueWithoutLockTravelsToo() {
        Value<Object> value = Value.of('d', 1.5, false);
        Children.run(Process.of(ValueTest::halve, value));
        assertThat(value.get()).isEqualTo(0.75);
    }

    private static void increment(Value<Integer> value) {
        for (int i = 0; i < ROUNDS; i++) {
            value.updateInt(x -> x + 1);
        }
    }

    private static void count(Value<Object> value) {
        for (int i = 0; i < ROUNDS; i++) {
            value.getAndAdd(1);
        }
    }

    private static void answer(Value<Integer> ping, Value<Integer> pong) {
        while (ping.getIntVolatile() == 0) {
            Thread.onSpinWait();
        }
        pong.setIntVolatile(1);
    }

    /** Waits for ever if one of them came with a lock of its own. */
    private static void swap(Value<Integer> left, Value<Integer> right, RLock lock) {
        lock.acquire();
        int before = left.getInt();
        left.setInt(right.getInt());
        right.setInt(before);
        lock.release();
    }

    private static void halve(Value<Object> value) {
        if (!CType.DOUBLE.equals(value.type())) {
            throw new AssertionError("a type has one instance per process: " + value.type());
        }
        value.setDouble(value.getDouble() / 2);
    }
}
