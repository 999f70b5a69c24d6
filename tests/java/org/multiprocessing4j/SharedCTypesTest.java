package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class SharedCTypesTest {
    private record Point(int x, double y) {
    }

    @Test
    void aCopyIsIndependent() {
        Value<Integer> value = Value.of(CType.INT, 5);
        RawValue<Integer> copy = SharedCTypes.copy(value);
        value.setInt(6);
        assertThat(copy.getInt()).isEqualTo(5);
        copy.close();
        assertThat(value.getInt()).isEqualTo(6);
    }

    @Test
    void everyKindCanBeCopied() {
        assertThat(SharedCTypes.copy(RawValue.of('u', "ö")).get()).isEqualTo("ö");
        assertThat(SharedCTypes.copy(Value.of(Point.class, new Point(1, 2))).get()).isEqualTo(new Point(1, 2));
        RawArray<Object> raw = RawArray.of('d', new double[] {1, 2});
        RawArray<Object> copy = SharedCTypes.copy(raw);
        raw.setDouble(0, 9);
        assertThat(copy).containsExactly(1.0, 2.0);
        assertThat(SharedCTypes.copy(Array.of('i', 0))).isEmpty();
        assertThat(SharedCTypes.copy(Array.of('i', new int[] {1, 2}))).containsExactly(1, 2);
    }

    @Test
    void aCopyIsTakenUnderTheLockAndReleasesIt() {
        Array<Integer> array = Array.of(CType.INT, 3, new Lock());
        SharedCTypes.copy(array);
        assertThat(array.getLock().locked()).isFalse();
    }

    @Test
    void whatIsClosedCannotBeCopied() {
        RawValue<Object> value = RawValue.of('i');
        value.close();
        assertThatIllegalStateException().isThrownBy(() -> SharedCTypes.copy(value))
                .withMessage("shared c_int is closed");
    }

    @Test
    void synchronizePutsALockAroundTheSameMemory() {
        RawValue<Integer> raw = RawValue.of(CType.INT, 5);
        Value<Integer> value = SharedCTypes.synchronize(raw);
        assertThat(value.getLock()).isInstanceOf(RLock.class);
        value.setInt(6);
        assertThat(raw.getInt()).isEqualTo(6);
        RawArray<Integer> rawArray = RawArray.of(CType.INT, 2);
        Array<Integer> array = SharedCTypes.synchronize(rawArray);
        array.setInt(1, 7);
        assertThat(rawArray).containsExactly(0, 7);
    }

    @Test
    void synchronizeTakesALockThatExists() {
        Lock lock = new Lock();
        assertThat(SharedCTypes.synchronize(RawValue.of('i'), lock).getLock()).isSameAs(lock);
        assertThat(SharedCTypes.synchronize(RawArray.of('i', 1), lock).getLock()).isSameAs(lock);
        assertThat(SharedCTypes.synchronize(Value.of('i', 5, false)).getLock()).isInstanceOf(RLock.class);
    }

    @Test
    void nothingIsSynchronizedTwice() {
        assertThatIllegalStateException().isThrownBy(() -> SharedCTypes.synchronize(Value.of('i')))
                .withMessage("object already synchronized");
        assertThatIllegalStateException().isThrownBy(() -> SharedCTypes.synchronize(Array.of('i', 1)))
                .withMessage("object already synchronized");
    }

    @Test
    void getObjIsTheSameMemoryWithoutTheLock() {
        Array<Integer> array = Array.of(CType.INT, 2);
        RawArray<Integer> raw = array.getObj();
        raw.setInt(0, 5);
        assertThat(array).containsExactly(5, 0);
        raw.close();
        assertThat(array.isClosed()).isTrue();
    }

    @Test
    void whatIsSynchronizedLaterTravelsToo() {
        RawValue<Integer> raw = RawValue.of(CType.INT, 1);
        Children.run(Process.of(SharedCTypesTest::add, SharedCTypes.synchronize(raw), raw));
        assertThat(raw.getInt()).isEqualTo(111);
    }

    private static void add(Value<Integer> value, RawValue<Integer> raw) {
        value.updateInt(x -> x + 10);
        raw.setInt(value.getInt() + 100);
    }
}
