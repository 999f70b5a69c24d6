package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Serializable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Where the object is that cannot be serialized. */
class CapturePathTest {

    private static final String CLASS = "java.lang.Object";
    private static final String BAD = CLASS + " is not serializable";

    @SuppressWarnings("serial") // that is the point
    private record Box(Object content) implements Serializable {}

    private static class Base {
        Object notWritten = new Object();
    }

    @SuppressWarnings("serial") // that is the point
    private static final class Derived extends Base implements Serializable {
        private static final long serialVersionUID = 1L;
        private static final Object STATIC = new Object();
        private final transient Object skipped = new Object();
        private final int number = 1;
        private Derived self = this;
        private Object written;

        private Derived(Object written) {
            this.written = written;
        }

        @Override
        public String toString() {
            return number + " " + skipped + self.number + STATIC + written;
        }
    }

    private static String describe(Object argument) {
        return CapturePath.describe(Process.of(x -> {}, argument), CLASS);
    }

    @Test
    void namesTheArgument() {
        assertThat(describe(new Object())).isEqualTo(BAD + ": target.a is a java.lang.Object");
    }

    @Test
    void namesTheArgumentsByTheirPlace() {
        Object bad = new Object();
        assertThat(CapturePath.describe(Process.of((a, b) -> {}, 1, bad), CLASS)).contains(": target.b is");
        assertThat(CapturePath.describe(Process.of((a, b, c) -> {}, 1, 2, bad), CLASS)).contains(": target.c is");
        assertThat(CapturePath.describe(Process.of((a, b, c, d) -> {}, 1, 2, 3, bad), CLASS))
                .contains(": target.d is");
    }

    @Test
    void goesThroughFields() {
        assertThat(describe(new Box(new Box(new Object())))).contains(": target.a.content.content is a java.lang.Obj");
        assertThat(describe(new Derived(new Object()))).contains(": target.a.written is a ");
    }

    @Test
    void leavesOutWhatIsNotWritten() {
        assertThat(describe(new Derived("fine"))).isEqualTo(BAD);
    }

    @Test
    void goesThroughCollectionsMapsAndArrays() {
        Object bad = new Object();
        assertThat(describe(Arrays.asList(1, null, bad))).contains(": target.a[2] is");
        assertThat(describe(new Object[] {1, new Object[] {bad}})).contains(": target.a[1][0] is");
        Map<Object, Object> map = new LinkedHashMap<>(Map.of("k", List.of(bad)));
        assertThat(describe(map)).contains(": target.a[k][0] is");
        assertThat(describe(new LinkedHashMap<>(Map.of(new Box(bad), 1)))).contains(": target.a key ")
                .contains(".content is");
    }

    @Test
    void goesIntoLambdas() {
        Object bad = new Object();
        int fine = 1;
        Process.Target target = () -> assertThat(fine).isEqualTo(bad);
        assertThat(CapturePath.describe(new Process(target), CLASS)).isEqualTo(
                BAD + ": target captures (in org.multiprocessing4j.CapturePathTest), as number 2, what"
                        + " is a java.lang.Object");
    }

    @Test
    void namesWhatIsNearest() {
        Object bad = new Object();
        assertThat(describe(List.of(new Box(new Box(bad)), bad))).contains(": target.a[1] is");
    }

    @SuppressWarnings("serial") // that is the point
    private static final class Holder extends Process {
        private static final long serialVersionUID = 1L;
        private final Object mine = new Object();

        @Override
        public void run() {
            assertThat(mine).isNull();
        }
    }

    @Test
    void namesTheFieldOfASubclass() {
        assertThat(CapturePath.describe(new Holder(), CLASS)).isEqualTo(BAD + ": mine is a java.lang.Object");
    }

    @Test
    void whatReflectionDoesNotReachGoesUnnamed() {
        Serializable closed = new AtomicReference<>(new Object());
        assertThat(describe(closed)).isEqualTo(BAD);
    }
}
