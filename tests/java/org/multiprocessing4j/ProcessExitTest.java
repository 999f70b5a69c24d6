package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.JavaProgram.Outcome;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.StartMethods;

/** How whole programs end: what they print, and what becomes of their children. */
class ProcessExitTest {

    private static JavaProgram.Builder program(Class<?> main, Context ctx, String... more) {
        String[] arguments = new String[more.length + 1];
        arguments[0] = ctx.getStartMethod();
        System.arraycopy(more, 0, arguments, 1, more.length);
        return JavaProgram.of(main, arguments);
    }

    @StartMethods
    void anUncaughtExceptionIsPrintedAndGivesOne(Context ctx) {
        Outcome outcome = program(ExitPrograms.Uncaught.class, ctx).run();
        assertThat(outcome.out().lines()).containsExactly("bad 1", "worse 1", "good 0");
        assertThat(outcome.err())
                .contains("Process bad:\njava.lang.IllegalStateException: boom\n\tat ")
                .contains("Process worse:\njava.lang.AssertionError: an Error too\n\tat ")
                .contains("in thread \"side\" java.lang.IllegalStateException: elsewhere\n\tat ")
                .doesNotContain("Process good:");
        assertThat(outcome.code()).isZero();
    }

    @StartMethods
    void atItsEndDaemonsAreTerminatedAndOthersJoined(Context ctx) {
        Outcome outcome = assertLeavesOrderly(program(ExitPrograms.Leaver.class, ctx, "return"));
        assertThat(outcome.out()).contains("main returns\n");
        assertThat(outcome.code()).isZero();
    }

    @StartMethods
    void atSystemExitToo(Context ctx) {
        assertThat(assertLeavesOrderly(program(ExitPrograms.Leaver.class, ctx, "exit")).code()).isEqualTo(5);
    }

    @StartMethods
    void afterAnExceptionOfMainToo(Context ctx) {
        Outcome outcome = assertLeavesOrderly(program(ExitPrograms.Leaver.class, ctx, "throw"));
        assertThat(outcome.err()).contains("main fails");
        assertThat(outcome.code()).isEqualTo(1);
    }

    /** The program ends after its children: what the other child prints last is there by then, the daemon is gone. */
    private static Outcome assertLeavesOrderly(JavaProgram.Builder builder) {
        try (JavaProgram program = builder.start()) {
            int daemon = pidOf("daemon", program);
            program.waitFor();
            assertThat(program.out()).contains("child ends\n");
            assertThat(ProcFs.isRunning(daemon)).isFalse();
            return program.finish();
        }
    }

    @StartMethods
    void evenIfItIsHaltedItsDaemonsEnd(Context ctx) {
        try (JavaProgram program = program(ExitPrograms.Leaver.class, ctx, "halt").start()) {
            int daemon = pidOf("daemon", program);
            assertThat(program.waitFor()).isEqualTo(6);
            awaitEndOf(daemon);
            assertThat(program.finish().out()).contains("child ends\n");
        }
    }

    @StartMethods
    void ifItIsKilledItsDaemonsEndAndOthersAreOrphans(Context ctx) {
        assertThat(endBySignal(ctx, Posix.SIGKILL)).isEqualTo(128 + Posix.SIGKILL);
    }

    @StartMethods
    void sigtermEndsItWithItsDaemonsAndWithoutWaitingForOthers(Context ctx) {
        assertThat(endBySignal(ctx, Posix.SIGTERM)).isEqualTo(128 + Posix.SIGTERM);
    }

    @StartMethods
    void sigintEndsItLikewise(Context ctx) {
        assertThat(endBySignal(ctx, Posix.SIGINT)).isEqualTo(128 + Posix.SIGINT);
    }

    private static int endBySignal(Context ctx, int signal) {
        try (JavaProgram program = program(ExitPrograms.Target.class, ctx).start()) {
            program.awaitLine("ready");
            int daemon = pidOf("daemon", program);
            Posix.kill(program.pid(), signal);
            int code = program.waitFor();
            awaitEndOf(daemon);
            assertThat(program.finish().out()).contains("orphaned: true, parent alive: false, ppid changed: true\n");
            return code;
        }
    }

    @StartMethods
    void aChildLeavesItsParentsStandardInputAlone(Context ctx) {
        Outcome outcome = program(ExitPrograms.Reader.class, ctx).input("for main\n").run();
        assertThat(outcome.out().lines()).containsExactly("child -1", "main for main");
    }

    @StartMethods
    void whatWasPrintedBeforeTheStartComesFirstAndOnce(Context ctx) {
        Outcome outcome = program(ExitPrograms.Printer.class, ctx).run();
        assertThat(outcome.out()).isEqualTo("main child again");
        assertThat(outcome.err()).isEqualTo("MAIN CHILD AGAIN");
    }

    @StartMethods
    void aStartWithoutDescriptorsFailsAndLeavesNothing(Context ctx) {
        Outcome outcome = program(ExitPrograms.Scarce.class, ctx).after("ulimit -n 100").run();
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out().lines())
                .containsOnly("true", "rehearsed", "0 descriptors left", "started with some descriptors");
        assertThat(outcome.code()).isZero();
    }

    @Test
    void memoryBeyondTheFileSizeLimitIsAnExceptionAndNoSignal() {
        Outcome outcome = JavaProgram.of(ExitPrograms.Greedy.class).after("ulimit -f 1024").run();
        assertThat(outcome.out().lines()).containsExactly(
                "errno 27 0 left", "errno 27 0 left", "errno 27 0 left", "goes on 7");
        assertThat(outcome.code()).isZero();
    }

    private static int pidOf(String who, JavaProgram program) {
        return Integer.parseInt(program.awaitLine(who + " \\d+").replaceAll("\\D+", ""));
    }

    private static void awaitEndOf(int pid) {
        Awaitility.await().atMost(Gate.PATIENCE).pollInterval(Duration.ofMillis(10))
                .until(() -> !ProcFs.isRunning(pid));
    }
}
