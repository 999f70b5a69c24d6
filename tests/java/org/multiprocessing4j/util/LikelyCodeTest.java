package org.multiprocessing4j.util;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.HeldMonitor;
import org.multiprocessing4j.support.Threads;

/** What is known of the code that children run. */
class LikelyCodeTest {

    private static List<String> all() {
        List<String> names = new ArrayList<>();
        for (String name; (name = LikelyCode.get(names.size())) != null;) {
            names.add(name);
        }
        return names;
    }

    @Test
    void isLearntOnce() {
        LikelyCode.add(new StringBuilder());
        LikelyCode.add(new StringBuilder());
        LikelyCode.add((Process.Target) () -> {});
        LikelyCode.add((Process.Target) () -> {});
        assertThat(all()).contains("java.lang.StringBuilder", LikelyCodeTest.class.getName()).doesNotHaveDuplicates();
        assertThat(LikelyCode.get(all().size())).isNull();
    }

    @Test
    void isLearntByManyThreadsAtOnce() {
        List<Object> objects = List.of(1, 2L, 3f, 4.0, 'c', "s", (byte) 1, (short) 2, true, Thread.currentThread());
        List<CompletableFuture<Void>> threads = IntStream.range(0, 4)
                .mapToObj(i -> Threads.runAsync(() -> objects.forEach(LikelyCode::add))).toList();
        threads.forEach(CompletableFuture::join);
        assertThat(all()).doesNotHaveDuplicates()
                .containsAll(objects.stream().map(object -> object.getClass().getName()).toList());
    }

    /** A child has none of its parent's threads: what they were at is not to keep it from anything. */
    @Test
    void isThereInAForkedChildWhateverAnotherThreadWasAt() {
        try (HeldMonitor held = new HeldMonitor(LikelyCode.class)) {
            assertThat(held).isNotNull();
            assertThat(Child.run(Multiprocessing.getContext("fork").process(LikelyCodeTest::learn))).isZero();
        }
    }

    private static void learn() {
        LikelyCode.add(new Object());
        assertThat(all()).contains("java.lang.Object");
    }
}
