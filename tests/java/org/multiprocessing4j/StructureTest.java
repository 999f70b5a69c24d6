package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StructureTest {
    /** A record of another package would be public. */
    public record Point(int x, double y) {
    }

    private record Inner(short x, long y) {
    }

    private record Mixed(byte a, double b, short c, int d, boolean e, Inner i, float f) {
    }

    private record Tail(byte a, short b, byte c) {
    }

    private record Named(int id, String name) {
    }

    private record Empty() {
    }

    private record Node(int value, Node next) {
    }

    private record Ping(Pong pong) {
    }

    private record Pong(Ping ping) {
    }

    private record Generic<T>(T value) {
    }

    private record Positive(int value) {
        Positive {
            if (value <= 0) {
                throw new IllegalStateException("not positive");
            }
        }
    }

    @Test
    void hasTheLayoutOfC() {
        CType<Mixed> type = CType.structure(Mixed.class);
        assertThat(type.fieldNames()).containsExactly("a", "b", "c", "d", "e", "i", "f");
        assertThat(type.fieldNames().stream().map(type::offsetOf)).containsExactly(0, 8, 16, 20, 24, 32, 48);
        assertThat(type.offsetOf("i.y")).isEqualTo(40);
        assertThat(type.size()).isEqualTo(56);
        assertThat(type.alignment()).isEqualTo(8);
        assertThat(CType.structure(Tail.class).size()).isEqualTo(6);
        assertThat(CType.structure(Tail.class).alignment()).isEqualTo(2);
    }

    @Test
    void isOneTypePerRecord() {
        CType<Point> type = CType.structure(Point.class);
        assertThat(type).isSameAs(CType.structure(Point.class)).hasToString("Point");
        assertThat(type.cName()).isEqualTo("struct Point");
        assertThat(type.javaType()).isEqualTo(Point.class);
        assertThat(type.typecode()).isEqualTo('\0');
    }

    @Test
    void holdsARecord() {
        Value<Point> point = Value.of(Point.class, new Point(1, 2.5));
        assertThat(point.get()).isEqualTo(new Point(1, 2.5));
        point.set(new Point(-3, 4));
        assertThat(point.get()).isEqualTo(new Point(-3, 4));
        ByteBuffer memory = point.asByteBuffer();
        assertThat(memory.capacity()).isEqualTo(16);
        assertThat(memory.getInt(0)).isEqualTo(-3);
        assertThat(memory.getDouble(8)).isEqualTo(4);
        assertThat(point.update(p -> new Point(p.x() + 1, p.y()))).isEqualTo(new Point(-2, 4));
    }

    @Test
    void holdsEveryKindOfComponent() {
        Mixed mixed = new Mixed((byte) -1, 0.1, (short) -2, -3, true, new Inner((short) 4, 1L << 40), 0.5f);
        assertThat(RawValue.of(Mixed.class, mixed).get()).isEqualTo(mixed);
        assertThat(RawValue.of(Mixed.class).get())
                .isEqualTo(new Mixed((byte) 0, 0, (short) 0, 0, false, new Inner((short) 0, 0), 0));
    }

    @Test
    void givesAccessToFields() {
        Value<Mixed> value = Value.of(Mixed.class);
        value.setField("d", 1L << 31);
        value.setField("i.y", 9);
        value.setField("e", true);
        value.setField("f", 1.5);
        assertThat(value.getField("d")).isEqualTo(Integer.MIN_VALUE);
        assertThat(value.getField("i")).isEqualTo(new Inner((short) 0, 9));
        assertThat(value.getField("i.y")).isEqualTo(9L);
        assertThat(value.get().e()).isTrue();
        assertThat(value.get().f()).isEqualTo(1.5f);
        value.setField("i", new Inner((short) 1, 2));
        assertThat(value.get().i()).isEqualTo(new Inner((short) 1, 2));
    }

    @Test
    void rejectsFieldsThatAreNone() {
        Value<Point> point = Value.of(Point.class);
        assertThatIllegalArgumentException().isThrownBy(() -> point.getField("z"))
                .withMessage("Point has no field 'z', only [x, y]");
        assertThatIllegalArgumentException().isThrownBy(() -> point.setField("x", 1.5));
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of('i', 0).getField("x"))
                .withMessage("c_int has no field 'x': it is not a structure");
    }

    @Test
    void liesInArrays() {
        Array<Point> points = Array.of(Point.class, 3);
        points.set(1, new Point(1, 2));
        points.setField(-1, "y", 7);
        assertThat(points).containsExactly(new Point(0, 0), new Point(1, 2), new Point(0, 7));
        assertThat(points.getField(1, "x")).isEqualTo(1);
        points.setSlice(0, 2, List.of(new Point(5, 5), new Point(6, 6)));
        assertThat(points.asByteBuffer().getInt(16)).isEqualTo(6);
        assertThat(RawArray.of(Point.class, List.of(new Point(1, 1)))).containsExactly(new Point(1, 1));
        assertThat(Array.of(Point.class, new Point[] {new Point(2, 2)}, false)).containsExactly(new Point(2, 2));
    }

    @Test
    void hasNoNumericAccess() {
        Value<Point> point = Value.of(Point.class);
        assertThatIllegalArgumentException().isThrownBy(point::getInt).withMessage("Point is not an integer type");
        assertThatIllegalArgumentException().isThrownBy(point::getDouble);
        assertThatIllegalArgumentException().isThrownBy(() -> point.setDouble(1));
        assertThatIllegalArgumentException().isThrownBy(() -> point.getAndAdd(1));
    }

    @Test
    void rejectsRecordsThatAreNoStructure() {
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of(Named.class))
                .withMessageContaining("Named: component name has type java.lang.String");
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of(Generic.class))
                .withMessageContaining("component value has type java.lang.Object");
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of(Empty.class))
                .withMessageContaining("no record components");
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of(Node.class))
                .withMessageContaining("Node contains itself");
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of(Ping.class))
                .withMessageContaining("contains itself");
    }

    @Test
    void rejectsValuesOfAnotherClass() {
        RawValue<Object> value = new RawValue<>(untyped(RawValue.of(Point.class)));
        assertThatIllegalArgumentException().isThrownBy(() -> value.set(new Inner((short) 1, 2)))
                .withMessageContaining("Point instance, got ");
        assertThatIllegalArgumentException().isThrownBy(() -> Value.of(Point.class, null))
                .withMessageEndingWith("got null");
    }

    @Test
    void theExceptionOfARecordsConstructorComesThrough() {
        Value<Positive> value = Value.of(Positive.class, new Positive(1));
        value.setField("value", 0);
        assertThatIllegalStateException().isThrownBy(value::get).withMessage("not positive");
        assertThat(value.getLock().locked()).isFalse();
    }

    @Test
    void showsItself() {
        Point point = new Point(1, 2);
        assertThat(Value.of(Point.class, point))
                .hasToString("<SynchronizedPoint wrapper for Point[x=1, y=2.0]>");
        assertThat(RawValue.of(Point.class, point)).hasToString("Point[x=1, y=2.0]");
    }

    @Test
    void isSharedWithProcesses() {
        Array<Mixed> array = Array.of(Mixed.class, 2);
        Value<Point> point = Value.of(Point.class, new Point(0, 1));
        Children.run(IntStream.range(0, 2).mapToObj(i -> Process.of(StructureTest::fill, array, point, i))
                .toArray(Process[]::new));
        assertThat(array.get(1).i()).isEqualTo(new Inner((short) 1, 100));
        assertThat(array.get(0).i()).isEqualTo(new Inner((short) 0, 100));
        assertThat(point.get()).isEqualTo(new Point(2, 4));
    }

    private static void fill(Array<Mixed> array, Value<Point> point, int index) {
        array.setField(index, "i", new Inner((short) index, 100));
        point.update(p -> new Point(p.x() + 1, p.y() * 2));
    }

    @SuppressWarnings("unchecked")
    private static Cells<Object> untyped(RawValue<?> value) {
        return (Cells<Object>) value.guarded().cells();
    }
}
