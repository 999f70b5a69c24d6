package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.JavaProgram.Outcome;

/** The start method fork in programs that make it hard: with threads, hooks, and at the wrong time. */
class ForkTest {

    private static Outcome run(Class<?> main, String... flags) {
        return JavaProgram.of(main).flags("-Dorg.multiprocessing4j.startmethod=fork").flags(flags).run();
    }

    @Test
    void whatOtherThreadsDoDoesNotHoldTheChildUp() {
        Outcome outcome = run(ForkPrograms.Busy.class);
        assertThat(outcome.out().lines()).as(outcome.err()).containsExactly("20 children ended with 0");
        assertThat(outcome.err()).containsOnlyOnce("is multi-threaded")
                .contains("\"uuid\"", "\"starter\"", "\"joiner\"");
    }

    @Test
    void theParentIsAsItWas() {
        assertThat(JavaProgram.of(ForkPrograms.Parent.class).flags("-Dorg.multiprocessing4j.startmethod=fork")
                .input("x").run().out().lines())
                .containsExactly("exit code 0", "own name, interrupted, [same stdin: x], no parent");
    }

    @Test
    void aHeldLockIsSaidWithItsThread() {
        assertThat(run(ForkPrograms.Holder.class).err())
                .contains("thread \"holder\" holds java.lang.StringBuilder@").contains("locked for good");
    }

    @Test
    void hooksRunInPythonsOrderAndTheirErrorsAreLogged() {
        Outcome outcome = run(ForkPrograms.Hooks.class);
        assertThat(outcome.out().lines()).hasSize(8)
                .containsSubsequence("before 2", "before 1", "child 1", "child 2", "target", "exit code 0")
                .containsSubsequence("before 1", "parent 1", "parent 2", "exit code 0");
        assertThat(outcome.err()).contains("a hook of registerAtFork failed", "java.lang.AssertionError: in a hook");
    }

    @Test
    void aJvmThatEndsIsNotForked() {
        assertThat(run(ForkPrograms.Ending.class).out().lines())
                .containsExactly("java.lang.IllegalStateException: can't fork while this JVM ends");
    }

    @Test
    void theParentsHooksAreNotTheChilds() {
        assertThat(run(ForkPrograms.ExitHooks.class).out().lines())
                .containsExactly("hook of the child", "exit code 5", "hook of the parent");
    }

    /** On many processors a JVM has threads that it does without on two. */
    @ParameterizedTest
    @ValueSource(strings = {"Serial", "Parallel", "G1", "Shenandoah"})
    void eachCollectorsThreadsComeAlong(String collector) {
        Outcome outcome = run(ForkPrograms.Collecting.class, "-XX:-UseSerialGC", "-XX:+Use" + collector + "GC",
                "-XX:ActiveProcessorCount=8", "-XX:+UseDynamicNumberOfGCThreads", "-Xlog:async");
        assertThat(outcome.out().lines()).as(outcome.err()).containsExactly("exit code 0", "exit code 0");
    }

    @Test
    void aHeapInAFileIsRefused() {
        assertThat(run(ForkPrograms.Ending.class, "-XX:AllocateHeapAt=/dev/shm").err())
                .contains("cannot find context for 'fork'", "whose heap is shared memory");
    }
}
