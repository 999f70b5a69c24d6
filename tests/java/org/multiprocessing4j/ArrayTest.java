package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.support.Threads;

class ArrayTest {
    private static Array<Integer> range(int size) {
        return Array.of(CType.INT, IntStream.range(0, size).toArray());
    }

    @Test
    void isMadeFromASizeOrValues() {
        assertThat(Array.of('d', 3)).containsExactly(0.0, 0.0, 0.0);
        assertThat(Array.of('i', List.of(1, 2L, (short) 3))).containsExactly(1, 2, 3);
        Set<Integer> iterable = new TreeSet<>(List.of(2, 1));
        assertThat(Array.of(CType.INT, iterable)).containsExactly(1, 2);
        assertThat(Array.of('i', new int[] {1, 2})).containsExactly(1, 2);
        assertThat(Array.of('q', new long[] {1, 2})).containsExactly(1L, 2L);
        assertThat(Array.of('h', new short[] {1, 2})).containsExactly((short) 1, (short) 2);
        assertThat(Array.of('b', new byte[] {1, 2})).containsExactly((byte) 1, (byte) 2);
        assertThat(Array.of('f', new float[] {1, 2})).containsExactly(1f, 2f);
        assertThat(Array.of('d', new double[] {1, 2})).containsExactly(1.0, 2.0);
        assertThat(Array.of('u', "aö😀")).containsExactly("a", "ö", "😀");
        assertThat(Array.of('u', new char[] {'a', 'b'})).containsExactly("a", "b");
        assertThat(Array.of(CType.INT, new Integer[] {1, 2})).containsExactly(1, 2);
        assertThat(Array.of('i', 0)).isEmpty();
        assertThat(Array.of('i', range(3))).containsExactly(0, 1, 2);
    }

    @Test
    void convertsValuesOfAnotherWidth() {
        assertThat(Array.of('d', new int[] {1, 2})).containsExactly(1.0, 2.0);
        assertThat(Array.of('B', new int[] {300, -1})).containsExactly((short) 44, (short) 255);
        assertThat(Array.of('I', new int[] {-1})).containsExactly(4294967295L);
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of('i', new double[] {1}))
                .withMessageContaining("cannot be interpreted as an integer");
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of('i', Arrays.asList(1, null)));
    }

    @Test
    void rejectsOtherSizesAndInitializers() {
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of('i', -1))
                .withMessage("Array length must be >= 0, not -1");
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of('i', 1.5))
                .withMessage("Array length must be an integer, not 1.5");
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of('i', "abc"))
                .withMessageContaining("java.lang.String");
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of('i', null)).withMessageContaining("null");
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of('i', 3, "lock"))
                .withMessageStartingWith("lock has no method 'acquire'");
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of('z', 3)).withMessageContaining("bad typecode");
    }

    @Test
    void rejectsSizesBeyondTwoGibibytes() {
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of('d', 1 << 28))
                .withMessage("268435456 elements of c_double (8 bytes each) take more than 2147483647 bytes,"
                        + " the most that one shared object can have");
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of('b', 1L << 40))
                .withMessageStartingWith("1099511627776 elements of c_byte");
    }

    @Test
    void hasPythonsIndices() {
        Array<Integer> array = range(6);
        assertThat(array.get(-1)).isEqualTo(5);
        assertThat(array.get(-6)).isZero();
        array.set(-2, 40);
        assertThat(array.getInt(4)).isEqualTo(40);
        for (int index : new int[] {6, -7, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> array.get(index))
                    .withMessage("invalid index: " + index + " (length 6)");
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> array.setInt(index, 1));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> array.getAndAdd(index, 1));
        }
        assertThat(array.getLock().locked()).isFalse();
    }

    @Test
    void slicesAsPython() {
        Array<Integer> array = range(6);
        assertThat(array.slice(1, 3)).containsExactly(1, 2);
        assertThat(array.slice(null, null, -1)).containsExactly(5, 4, 3, 2, 1, 0);
        assertThat(array.slice(4, 1, -2)).containsExactly(4, 2);
        assertThat(array.slice(-100, 100)).isEqualTo(array.slice()).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(array.slice(Integer.MIN_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE)).containsExactly(0);
        assertThat(array.slice(Integer.MAX_VALUE, Integer.MIN_VALUE, Integer.MIN_VALUE)).containsExactly(5);
        assertThatIllegalArgumentException().isThrownBy(() -> array.slice(null, null, 0))
                .withMessage("slice step cannot be zero");
        List<Integer> copy = array.slice();
        copy.set(0, 9);
        assertThat(array.get(0)).isZero();
    }

    /** The checksum is CPython's, over repr(list(range(n))[start:stop:step]) + newline in the same order. */
    @Test
    void slicesAsCPythonInEveryCase() {
        List<Integer> bounds = new ArrayList<>(Collections.singletonList(null));
        IntStream.range(-7, 8).forEach(bounds::add);
        CRC32 checksum = new CRC32();
        for (int size = 0; size < 6; size++) {
            RawArray<Integer> array = RawArray.of(CType.INT, IntStream.range(0, size).toArray());
            for (Integer start : bounds) {
                for (Integer stop : bounds) {
                    for (Integer step : Arrays.asList(null, -3, -2, -1, 1, 2, 3)) {
                        String line = array.slice(start, stop, step) + "\n";
                        checksum.update(line.getBytes(StandardCharsets.US_ASCII));
                    }
                }
            }
        }
        assertThat(checksum.getValue()).isEqualTo(0x121fbb73L);
    }

    @Test
    void assignsSlices() {
        Array<Integer> array = range(6);
        array.setSlice(1, 3, List.of(10, 20));
        array.setSlice(-1, null, -3, List.of(50, -20));
        assertThat(array).containsExactly(0, 10, -20, 3, 4, 50);
        array.setSlice(6, 9, List.of());
        array.setSlice(0, 3, array.subList(3, 6));
        assertThat(array).containsExactly(3, 4, 50, 3, 4, 50);
    }

    @Test
    void assignsSlicesOfTheSameSizeOnly() {
        Array<Integer> array = range(6);
        assertThatIllegalArgumentException().isThrownBy(() -> array.setSlice(1, 3, List.of(1)))
                .withMessage("Can only assign sequence of same size");
        assertThatIllegalArgumentException().isThrownBy(() -> array.setSlice(null, null, 2, List.of(1, 2)))
                .withMessage("Can only assign sequence of same size");
    }

    @Test
    void assignsNothingIfOneValueIsWrong() {
        Array<Object> array = Array.of('i', 3);
        assertThatIllegalArgumentException().isThrownBy(() -> array.setSlice(0, 3, List.of(1, 2, "x")));
        assertThat(array).containsExactly(0, 0, 0);
    }

    @Test
    void isAListOfFixedLength() {
        Array<Integer> array = Array.of(CType.INT, List.of(3, 1, 2));
        assertThat(array).isEqualTo(List.of(3, 1, 2)).hasSameHashCodeAs(List.of(3, 1, 2)).isNotEqualTo(range(3));
        assertThat(List.of(3, 1, 2)).isEqualTo(array);
        assertThat(array).isEqualTo(RawArray.of('i', new int[] {3, 1, 2}));
        assertThat(array.set(0, 30)).isEqualTo(3);
        Collections.sort(array);
        assertThat(array.toArray()).containsExactly(1, 2, 30);
        assertThat(array.toArray(new Integer[0])).containsExactly(1, 2, 30);
        assertThat(array.stream().mapToInt(Integer::intValue).sum()).isEqualTo(33);
        assertThat(array.indexOf(30)).isEqualTo(2);
        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> array.add(1));
        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> array.remove(0));
    }

    @Test
    void copiesFromAndToPrimitiveArrays() {
        Array<Integer> array = range(6);
        int[] target = {-1, -1, -1, -1};
        array.copyTo(3, target, 1, 2);
        assertThat(target).containsExactly(-1, 3, 4, -1);
        array.copyFrom(4, new int[] {7, 8, 9}, 1, 2);
        assertThat(array.toIntArray()).containsExactly(0, 1, 2, 3, 8, 9);
        array.copyFrom(new int[] {5, 6});
        int[] first = new int[3];
        array.copyTo(first);
        assertThat(first).containsExactly(5, 6, 2);
        array.copyTo(6, first, 3, 0);
    }

    @Test
    void copiesEveryTypeOfPrimitive() {
        long[] longs = {Long.MIN_VALUE, -1, 5};
        double[] doubles = {0.1, Double.NaN, -0.0};
        assertThat(Array.of('l', longs).toLongArray()).isEqualTo(longs);
        assertThat(Array.of('Q', longs).toLongArray()).isEqualTo(longs);
        assertThat(Array.of('d', doubles).toDoubleArray()).isEqualTo(doubles);
        assertThat(Array.of('f', new float[] {0.1f, 2}).toFloatArray()).isEqualTo(new float[] {0.1f, 2});
        assertThat(Array.of('H', new short[] {-1, 2}).toShortArray()).isEqualTo(new short[] {-1, 2});
        assertThat(Array.of('c', new byte[] {-1, 2}).toByteArray()).isEqualTo(new byte[] {-1, 2});
        assertThat(Array.of('I', new int[] {-1, 2}).toIntArray()).isEqualTo(new int[] {-1, 2});
    }

    @Test
    void copiesNothingThatDoesNotFit() {
        Array<Integer> array = range(3);
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> array.copyFrom(new int[4]));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> array.copyTo(-1, new int[9], 0, 1));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> array.copyTo(2, new int[9], 0, 2));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> array.copyTo(0, new int[1], 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> array.copyTo(new long[3])).withMessage(
                "an array of c_int cannot be copied to or from long[], which goes with the typecodes l L q Q");
        assertThatIllegalArgumentException().isThrownBy(() -> array.copyFrom(List.of(1)))
                .withMessageContaining("no array of numbers");
        assertThatIllegalArgumentException().isThrownBy(array::toDoubleArray);
        assertThat(array).containsExactly(0, 1, 2);
        assertThat(array.getLock().locked()).isFalse();
    }

    @Test
    void everyAccessTakesTheLockAndABulkCopyTakesItOnce() throws Exception {
        Array<Integer> array = Array.of(CType.INT, 3, new Lock());
        array.acquire();
        CompletableFuture<Integer> one = Threads.supplyAsync(() -> array.getInt(0));
        CompletableFuture<int[]> all = Threads.supplyAsync(array::toIntArray);
        CompletableFuture<List<Integer>> slice = Threads.supplyAsync(array::slice);
        Threads.runAsync(() -> assertThat(array.acquire(Duration.ofMillis(50))).isFalse()).join();
        assertThat(List.of(one, all, slice)).noneMatch(CompletableFuture::isDone);
        array.getObj().copyFrom(new int[] {7, 8, 9});
        array.release();
        assertThat(one.get()).isEqualTo(7);
        assertThat(all.get()).containsExactly(7, 8, 9);
        assertThat(slice.get()).containsExactly(7, 8, 9);
        assertThat(array.getLock().locked()).isFalse();
    }

    @Test
    void updatesElementsUnderTheLock() {
        Array<Integer> array = range(3);
        assertThat(array.updateInt(-1, x -> x + 5)).isEqualTo(7);
        assertThat(array.update(1, x -> x * 10)).isEqualTo(10);
        assertThat(array).containsExactly(0, 10, 7);
        assertThat(Array.of('d', new double[] {3}).updateDouble(0, Math::sqrt)).isEqualTo(Math.sqrt(3));
        assertThat(Array.of('q', new long[] {3}).updateLong(0, x -> -x)).isEqualTo(-3);
        assertThatIllegalStateException().isThrownBy(() -> Array.of('i', 1, false).updateInt(0, x -> x));
    }

    @Test
    void hasAtomicElements() {
        RawArray<Object> array = RawArray.of('q', 3);
        assertThat(array.getAndAdd(1, 5)).isZero();
        assertThat(array.addAndGet(1, 5)).isEqualTo(10);
        assertThat(array.getAndSet(-2, 20)).isEqualTo(10);
        assertThat(array.compareAndSet(1, 20, 30)).isTrue();
        assertThat(array.toLongArray()).containsExactly(0, 30, 0);
        RawArray<Object> doubles = RawArray.of('d', 2);
        assertThat(doubles.compareAndSet(1, 0.0, 0.5)).isTrue();
        assertThat(doubles).containsExactly(0.0, 0.5);
    }

    @Test
    void bytesAreAString() {
        Array<Object> array = Array.of('c', "abcde".getBytes(StandardCharsets.US_ASCII));
        assertThat(array.value()).asString().isEqualTo("abcde");
        array.value("xy".getBytes(StandardCharsets.US_ASCII));
        assertThat(array.value()).asString().isEqualTo("xy");
        assertThat(array.raw()).asString().isEqualTo("xy\0de");
        array.raw("A".getBytes(StandardCharsets.US_ASCII));
        assertThat(array.raw()).asString().isEqualTo("Ay\0de");
        array.value(new byte[] {1, 2, 3, 4, 5});
        assertThat(array.raw()).containsExactly(1, 2, 3, 4, 5);
        assertThatIllegalArgumentException().isThrownBy(() -> array.value(new byte[6]))
                .withMessage("byte string too long");
        assertThatIllegalArgumentException().isThrownBy(() -> array.raw(new byte[6]))
                .withMessage("byte string too long");
        assertThatIllegalArgumentException().isThrownBy(range(3)::value)
                .withMessage("only arrays of c_char have it, not of c_int");
        assertThatIllegalArgumentException().isThrownBy(() -> Array.of('b', 3).raw());
    }

    @Test
    void charactersAreAText() {
        Array<Object> array = Array.of('u', 4);
        assertThat(array.text()).isEmpty();
        array.text("aö😀");
        assertThat(array.text()).isEqualTo("aö😀");
        array.text("abcd");
        array.text("x");
        assertThat(array).containsExactly("x", "\0", "c", "d");
        assertThatIllegalArgumentException().isThrownBy(() -> array.text("abcde")).withMessage("string too long");
        assertThatIllegalArgumentException().isThrownBy(() -> range(3).text("a"));
    }

    @Test
    void showsItself() {
        assertThat(range(3)).hasToString("<SynchronizedArray wrapper for c_int_Array_3[0, 1, 2]>");
        assertThat(Array.of('c', new byte[] {97}))
                .hasToString("<SynchronizedString wrapper for c_char_Array_1[97]>");
        assertThat(Array.of('i', 1, false)).hasToString("c_int_Array_1[0]");
    }

    @Test
    void isSharedWithProcesses() {
        Array<Integer> array = range(5);
        Children.run(IntStream.range(0, 5).mapToObj(i -> Process.of(ArrayTest::incrementOne, array, i))
                .toArray(Process[]::new));
        assertThat(array).containsExactly(1, 2, 3, 4, 5);
    }

    @Test
    void rowsWrittenUnderTheLockAreNeverTorn() {
        Array<Integer> array = Array.of(CType.INT, 64);
        Children.run(Process.of(ArrayTest::incrementAll, array), Process.of(ArrayTest::incrementAll, array));
        assertThat(array).containsOnly(2000);
    }

    private static void incrementOne(Array<Integer> array, int index) {
        array.updateInt(index, x -> x + 1);
    }

    private static void incrementAll(Array<Integer> array) {
        for (int round = 0; round < 1000; round++) {
            array.acquire();
            int[] row = array.toIntArray();
            if (IntStream.of(row).distinct().count() != 1) {
                throw new AssertionError("torn: " + Arrays.toString(row));
            }
            array.copyFrom(IntStream.of(row).map(x -> x + 1).toArray());
            array.release();
        }
    }
}
