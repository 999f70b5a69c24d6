package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;
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
