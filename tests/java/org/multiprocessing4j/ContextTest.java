package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;
import org.multiprocessing4j.connection.Pipe;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.Mailbox;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Targets;

/** Contexts, and the module's functions. */
class ContextTest {

    @Test
    void unknownMethodsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Multiprocessing.getContext("zz"))
                .withMessage("cannot find context for 'zz'");
        assertThatIllegalArgumentException().isThrownBy(() -> Multiprocessing.getContext(null))
                .withMessage("cannot find context for 'null'");
        String before = Multiprocessing.getStartMethod();
        assertThatIllegalArgumentException().isThrownBy(() -> Multiprocessing.setStartMethod("zz", true))
                .withMessage("cannot find context for 'zz'");
        assertThat(Multiprocessing.getStartMethod()).isEqualTo(before);
    }

    @Test
    void theDefaultIsTheFirstOfAll() {
        assertThat(Multiprocessing.getAllStartMethods()).contains("spawn").doesNotHaveDuplicates()
                .startsWith(Multiprocessing.getStartMethod());
        assertThat(Multiprocessing.getContext().getStartMethod()).isEqualTo(Multiprocessing.getStartMethod());
    }

    @StartMethods
    void knowsItsMethod(Context ctx) {
        assertThat(Multiprocessing.getAllStartMethods()).contains(ctx.getStartMethod());
        assertThat(ctx).hasToString("<Context " + ctx.getStartMethod() + ">");
    }

    @StartMethods
    void theDefaultMayBeForcedAndIsUsedByWhatIsStartedThen(Context ctx) {
        String before = Multiprocessing.getStartMethod();
        Mailbox box = new Mailbox();
        Process process = Process.of(Targets.introduceItself(box));
        Multiprocessing.setStartMethod(ctx.getStartMethod(), true);
        try {
            assertThat(Multiprocessing.getContext().getStartMethod()).isEqualTo(ctx.getStartMethod());
            assertThatIllegalStateException().isThrownBy(() -> Multiprocessing.setStartMethod("spawn"))
                    .withMessage("context has already been set");
            assertThat(Child.run(process)).isZero();
            assertThat(box.text()).startsWith("Process-");
        } finally {
            Multiprocessing.setStartMethod(before, true);
        }
    }

    private static void useAll(
            Queue<String> queue, JoinableQueue<String> tasks, Barrier barrier, Value<Integer> value) throws Exception {
        value.update(n -> n + 1);
        tasks.get();
        tasks.taskDone();
        barrier.await();
        queue.put("done");
    }

    @StartMethods
    void makesWhatThereIs(Context ctx) throws Exception {
        Queue<String> queue = ctx.queue();
        JoinableQueue<String> tasks = ctx.joinableQueue();
        Barrier barrier = ctx.barrier(2);
        Value<Integer> value = ctx.value(CType.INT, 41);
        tasks.put("task");
        try (Child child = Child.start(
                ctx.builder().target(ContextTest::useAll, queue, tasks, barrier, value).build())) {
            assertThat(ctx.activeChildren()).contains(child.process());
            tasks.join();
            barrier.await();
            assertThat(queue.get()).isEqualTo("done");
            assertThat(value.get()).isEqualTo(42);
            assertThat(child.exitcode()).isZero();
        }
        try (var pool = ctx.pool(1).with()) {
            assertThat(pool.apply(String::length, "four")).isEqualTo(4);
        }
        try (Pipe both = ctx.pipe(); Pipe one = ctx.pipe(false)) {
            assertThat(both.first().writable()).isTrue();
            assertThat(one.reader().writable()).isFalse();
        }
    }

    @Test
    void makesTheSameAsTheConstructors() throws Exception {
        Context ctx = Multiprocessing.getContext();
        assertThat(ctx.currentProcess()).isSameAs(Multiprocessing.currentProcess());
        assertThat(ctx.parentProcess()).isNull();
        assertThat(ctx.cpuCount()).isEqualTo(Multiprocessing.cpuCount());
        assertThat(ctx.<Integer>queue(3).remainingCapacity()).isEqualTo(3);
        assertThat(ctx.<Integer>joinableQueue(4).remainingCapacity()).isEqualTo(4);
        assertThat(ctx.simpleQueue().empty()).isTrue();
        assertThat(ctx.lock().acquire()).isTrue();
        assertThat(ctx.semaphore(2).getValue()).isEqualTo(2);
        assertThat(ctx.boundedSemaphore(3).getValue()).isEqualTo(3);
        RLock lock = ctx.rLock();
        assertThat(ctx.condition(lock).getLock()).isSameAs(lock);
        assertThat(ctx.condition().getLock()).isInstanceOf(RLock.class);
        assertThat(ctx.event().isSet()).isFalse();
        assertThat(ctx.barrier(2, null, null).parties()).isEqualTo(2);
        assertThat(ctx.array(CType.INT, 3)).hasSize(3);
        assertThat(ctx.rawArray(CType.INT, 3)).hasSize(3);
        assertThat(ctx.rawValue(CType.INT, 5).get()).isEqualTo(5);
    }

    @Test
    void theDefaultIsSetOnce() {
        String oneProcessor = "taskset -p -c $(taskset -p -c $$ | sed 's/.*: //; s/[-,].*//') $$ >&2";
        assertThat(JavaProgram.of(ContextPrograms.Twice.class).after(oneProcessor).run().out().lines())
                .containsExactly("set", "context has already been set", "spawn 1");
    }

    @Test
    void theDefaultCannotBeSetAfterItWasUsed() {
        assertThat(JavaProgram.of(ContextPrograms.TooLate.class).run().out().lines())
                .containsExactly("Process-1", "set", "context has already been set");
    }

    @Test
    void countsTheProcessors() {
        assertThat(Multiprocessing.cpuCount()).isBetween(Runtime.getRuntime().availableProcessors(), 1 << 20);
    }
}
