package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.support.Threads;

class RawTypesTest {
    private static final BigInteger ULONG_MAX = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);

    static Stream<Arguments> storedAndRead() {
        return Stream.of(
                arguments('c', (byte) -1, (byte) -1), arguments('c', 255, (byte) -1), arguments('c', 'A', (byte) 65),
                arguments('c', new byte[] {7}, (byte) 7),
                arguments('u', "ö", "ö"), arguments('u', 'x', "x"), arguments('u', "😀", "😀"),
                arguments('b', 127, (byte) 127), arguments('b', 128, (byte) -128), arguments('b', true, (byte) 1),
                arguments('B', 255, (short) 255), arguments('B', 300, (short) 44), arguments('B', -1, (short) 255),
                arguments('h', 40000, (short) -25536), arguments('H', -1, 65535), arguments('H', 70000L, 4464),
                arguments('i', 1L << 31, Integer.MIN_VALUE), arguments('i', (short) -3, -3),
                arguments('i', BigInteger.TWO.pow(100).add(BigInteger.TEN), 10),
                arguments('I', -1, 4294967295L), arguments('I', 1L << 32, 0L),
                arguments('l', Long.MIN_VALUE, Long.MIN_VALUE), arguments('q', BigInteger.TWO.pow(63), Long.MIN_VALUE),
                arguments('L', -1, ULONG_MAX), arguments('Q', ULONG_MAX, ULONG_MAX),
                arguments('Q', BigInteger.TWO.pow(63), BigInteger.TWO.pow(63)),
                arguments('Q', 5, BigInteger.valueOf(5)),
                arguments('f', 0.1, 0.1f), arguments('f', 1e300, Float.POSITIVE_INFINITY), arguments('f', 3, 3f),
                arguments('d', 0.1, 0.1), arguments('d', 1L << 53, 9007199254740992.0), arguments('d', true, 1.0),
                arguments('d', new BigDecimal("2.5"), 2.5), arguments('d', Double.NaN, Double.NaN));
    }

    @ParameterizedTest
    @MethodSource("storedAndRead")
    void storesAsC(char typecode, Object stored, Object read) {
        RawValue<Object> value = RawValue.of(typecode, stored);
        assertThat(value.get()).isEqualTo(read);
        assertThat(value.get()).isInstanceOf(value.type().javaType());
        RawArray<Object> array = RawArray.of(typecode, 3);
        array.set(1, stored);
        assertThat(array.get(1)).isEqualTo(read);
        assertThat(array.get(0)).isEqualTo(array.get(2)).isEqualTo(RawValue.of(typecode).get());
    }

    static Stream<Arguments> refused() {
        return Stream.of(arguments('i', 1.0), arguments('i', 1f), arguments('i', "1"), arguments('i', 'a'),
                arguments('i', new AtomicInteger()), arguments('Q', new BigDecimal(1)), arguments('f', "1"),
                arguments('d', 'a'), arguments('c', 256), arguments('c', -129), arguments('c', new byte[2]),
                arguments('c', "a"), arguments('c', 'ö'), arguments('u', "ab"), arguments('u', ""), arguments('u', 97),
                arguments('d', null), arguments('c', null), arguments('u', null));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesOtherClasses(char typecode, Object value) {
        assertThatIllegalArgumentException().isThrownBy(() -> RawValue.of(typecode, value))
                .withMessageContaining(CType.of(typecode).toString());
    }

    @Test
    void boolIsAType() {
        RawValue<Boolean> flag = RawValue.of(CType.BOOL, true);
        assertThat(flag.get()).isTrue();
        assertThat(flag.getInt()).isEqualTo(1);
        flag.asByteBuffer().put(0, (byte) 0);
        assertThat(flag.get()).isFalse();
        flag.setInt(256);
        assertThat(flag.asByteBuffer().get(0)).isEqualTo((byte) 1);
    }

    @ParameterizedTest
    @CsvSource({"c,1", "u,4", "b,1", "B,1", "h,2", "H,2", "i,4", "I,4", "l,8", "L,8", "q,8", "Q,8", "f,4", "d,8"})
    void haveTheSizesOfC(char typecode, int size) {
        CType<?> type = CType.of(typecode);
        assertThat(type.typecode()).isEqualTo(typecode);
        assertThat(type.size()).isEqualTo(type.alignment()).isEqualTo(size);
        assertThat(RawValue.of(typecode).asByteBuffer().capacity()).isEqualTo(size);
        assertThat(RawArray.of(typecode, 3).asByteBuffer().capacity()).isEqualTo(3 * size);
        assertThat(RawValue.of(typecode).handle().size()).isEqualTo(size);
    }

    @Test
    void knowTheirNames() {
        assertThat(CType.UINT).hasToString("c_uint");
        assertThat(CType.UINT.cName()).isEqualTo("unsigned int");
        assertThat(CType.of('q')).isSameAs(CType.LONGLONG).hasToString("c_longlong");
        assertThat(CType.INT.fieldNames()).isEmpty();
    }

    @Test
    void integerAccessorsAreExact() {
        RawValue<Object> wide = RawValue.of('q', 1L << 31);
        assertThat(wide.getLong()).isEqualTo(1L << 31);
        assertThatExceptionOfType(ArithmeticException.class).isThrownBy(wide::getInt)
                .withMessage("2147483648 does not fit in an int");
        assertThatExceptionOfType(ArithmeticException.class).isThrownBy(RawValue.of('I', -1)::getInt);
        assertThatExceptionOfType(ArithmeticException.class).isThrownBy(RawValue.of('Q', -1)::getLong)
                .withMessage("18446744073709551615 does not fit in a long");
        assertThat(RawValue.of('H', -1).getInt()).isEqualTo(65535);
        RawValue<Object> unsigned = RawValue.of('B');
        unsigned.setLong(300);
        assertThat(unsigned.getInt()).isEqualTo(44);
        unsigned.setInt(-1);
        assertThat(unsigned.getLong()).isEqualTo(255);
    }

    @Test
    void getDoubleWidensEveryNumber() {
        assertThat(RawValue.of('f', 0.5).getDouble()).isEqualTo(0.5);
        assertThat(RawValue.of('b', -1).getDouble()).isEqualTo(-1);
        assertThat(RawValue.of('Q', -1).getDouble()).isEqualTo(0x1p64);
        assertThat(RawValue.of('Q', BigInteger.TWO.pow(63).add(BigInteger.valueOf(1025))).getDouble())
                .as("rounded once").isEqualTo(0x1p63 + 2048);
        assertThatIllegalArgumentException().isThrownBy(RawValue.of('u')::getDouble)
                .withMessage("c_wchar is not a numeric type");
    }

    @ParameterizedTest
    @ValueSource(chars = {'f', 'd', 'u'})
    void integerAccessorsRefuseOtherTypes(char typecode) {
        RawValue<Object> value = RawValue.of(typecode);
        String message = value.type() + " is not an integer type";
        assertThatIllegalArgumentException().isThrownBy(value::getInt).withMessage(message);
        assertThatIllegalArgumentException().isThrownBy(value::getLong).withMessage(message);
        assertThatIllegalArgumentException().isThrownBy(() -> value.setInt(1)).withMessage(message);
        assertThatIllegalArgumentException().isThrownBy(() -> value.setLong(1)).withMessage(message);
    }

    @ParameterizedTest
    @ValueSource(chars = {'c', 'u', 'b', 'B', 'h', 'H', 'i', 'I', 'l', 'L', 'q', 'Q'})
    void setDoubleRefusesOtherTypes(char typecode) {
        RawValue<Object> value = RawValue.of(typecode);
        assertThatIllegalArgumentException().isThrownBy(() -> value.setDouble(1))
                .withMessage(value.type() + " is not a floating-point type (f or d)");
    }

    @Test
    void memoryThatIsNoCodePointIsReported() {
        RawValue<Object> value = RawValue.of('u');
        value.asByteBuffer().putInt(0, 0x12345678);
        assertThatIllegalArgumentException().isThrownBy(value::get)
                .withMessage("character U+12345678 is not in range [U+0000; U+10ffff]");
    }

    @ParameterizedTest
    @CsvSource({"i,-2147483648", "I,0", "l,2147483648", "L,2147483648", "q,2147483648", "Q,2147483648"})
    void atomicsWrapAsTheType(char typecode, long sum) {
        RawValue<Object> value = RawValue.of(typecode, -1);
        value.setLong(typecode == 'I' ? 0xFFFF_FFFFL : Integer.MAX_VALUE);
        long before = value.getLong();
        assertThat(value.getAndAdd(1)).isEqualTo(before);
        assertThat(value.getLong()).isEqualTo(sum);
        value.setLong(before);
        assertThat(value.addAndGet(1)).isEqualTo(sum);
        assertThat(value.getAndSet(7)).isEqualTo(sum);
        assertThat(value.compareAndSet(8, 9)).isFalse();
        assertThat(value.compareAndSet(7, -1)).isTrue();
        assertThat(value.get()).isEqualTo(RawValue.of(typecode, -1).get());
    }

    @ParameterizedTest
    @ValueSource(chars = {'f', 'd'})
    void floatsCompareAndSetTheirBits(char typecode) {
        RawValue<Object> value = RawValue.of(typecode, 0.1);
        assertThat(value.compareAndSet(0.2, 3)).isFalse();
        assertThat(value.compareAndSet(0.1, Double.NaN)).isTrue();
        assertThat(value.compareAndSet(Double.NaN, 0.0)).isTrue();
        assertThat(value.compareAndSet(-0.0, 1.0)).isFalse();
        assertThat(value.compareAndSet(0, 2)).as("with integer literals").isTrue();
        assertThat(value.getDouble()).isEqualTo(2);
        assertThatIllegalArgumentException().isThrownBy(() -> value.getAndAdd(1))
                .withMessageContaining("i I l L q Q");
    }

    @ParameterizedTest
    @ValueSource(chars = {'c', 'b', 'B', 'h', 'H', 'u'})
    void otherTypesHaveNoAtomics(char typecode) {
        RawValue<Object> value = RawValue.of(typecode);
        assertThatIllegalArgumentException().isThrownBy(() -> value.getAndAdd(1)).withMessageContaining("i I l L q Q");
        assertThatIllegalArgumentException().isThrownBy(() -> value.addAndGet(1));
        assertThatIllegalArgumentException().isThrownBy(() -> value.getAndSet(1));
        assertThatIllegalArgumentException().isThrownBy(() -> value.compareAndSet(0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> value.compareAndSet(0.0, 1.0))
                .withMessageContaining("f d");
    }

    @Test
    void atomicsCountBetweenThreads() {
        RawArray<Integer> counters = RawArray.of(CType.INT, 2);
        CompletableFuture<?>[] threads = IntStream.range(0, 4).mapToObj(i -> Threads.runAsync(() -> {
            for (int round = 0; round < 10_000; round++) {
                counters.getAndAdd(1, 1);
            }
        })).toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(threads).join();
        assertThat(counters).containsExactly(0, 40_000);
    }

    @Test
    void volatileAccessesReadAndWriteTheSameMemory() {
        RawArray<Object> flags = RawArray.of('B', 2);
        flags.setIntVolatile(1, 300);
        assertThat(flags.getIntVolatile(-1)).isEqualTo(44);
        RawValue<Object> value = RawValue.of('q');
        value.setLongVolatile(1L << 40);
        assertThat(value.getLongVolatile()).isEqualTo(1L << 40);
        assertThatExceptionOfType(ArithmeticException.class).isThrownBy(value::getIntVolatile);
    }

    @Test
    void aViewIsTheMemoryItselfInNativeOrder() {
        RawArray<Integer> array = RawArray.of(CType.INT, new int[] {1, 2, 3});
        ByteBuffer view = array.asByteBuffer();
        assertThat(view.isDirect()).isTrue();
        assertThat(view.order()).isEqualTo(ByteOrder.nativeOrder());
        assertThat(view.asIntBuffer().get(2)).isEqualTo(3);
        view.putInt(4, 20);
        assertThat(array).containsExactly(1, 20, 3);
        assertThat(RawArray.of('i', 0).asByteBuffer().capacity()).isZero();
    }

    @Test
    void aViewOutlivesClose() {
        RawArray<Integer> array = RawArray.of(CType.INT, new int[] {1, 2, 3});
        ByteBuffer view = array.asByteBuffer();
        array.close();
        assertThat(RawArray.of('i', new int[] {9, 9, 9})).as("other memory").containsExactly(9, 9, 9);
        assertThat(view.getInt(4)).isEqualTo(2);
        assertThatIllegalStateException().isThrownBy(() -> array.get(0)).withMessage("shared c_int is closed");
        assertThatIllegalStateException().isThrownBy(array::slice);
        assertThatIllegalStateException().isThrownBy(array::toIntArray);
        assertThat(array).hasToString("closed c_int_Array_3").hasSize(3);
    }

    @Test
    void memoryIsZeroedAgainAfterUse() {
        for (int round = 0; round < 100; round++) {
            try (RawArray<Long> array = RawArray.of(CType.LONG, 32)) {
                assertThat(array).allMatch(element -> element == 0);
                IntStream.range(0, 32).forEach(i -> array.setLong(i, -1));
            }
        }
    }

    @Test
    void showThemselves() {
        assertThat(RawValue.of('d', 1.5)).hasToString("c_double(1.5)");
        assertThat(RawArray.of('i', new int[] {1, 2})).hasToString("c_int_Array_2[1, 2]");
        assertThat(RawArray.of('i', 1000)).asString().startsWith("c_int_Array_1000[0, 0, ")
                .endsWith("0, ... (984 more)]");
    }

    @Test
    void travelToAProcess() {
        RawValue<Object> value = RawValue.of('f', 1.5);
        RawArray<Object> array = RawArray.of('u', "abc");
        Children.run(Process.of(RawTypesTest::change, value, array));
        assertThat(value.get()).isEqualTo(3f);
        assertThat(array.text()).isEqualTo("abZ");
    }

    private static void change(RawValue<Object> value, RawArray<Object> array) {
        value.setDouble(value.getDouble() * 2);
        array.set(-1, "Z");
    }
}
