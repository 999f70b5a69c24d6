package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.ExitStatus;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.Mailbox;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Targets;
import org.multiprocessing4j.support.Threads;

/** The class Process, as far as the parent sees it: life, death and what is told of it. */
class ProcessTest {

    private static final Duration MOMENT = Duration.ofMillis(50);

    @StartMethods
    void runsItsTargetInAnotherProcess(Context ctx) {
        Mailbox box = new Mailbox();
        try (Child child = Child.start(ctx.builder().name("bob").target(Targets.introduceItself(box)).build())) {
            int pid = child.pid();
            assertThat(pid).isNotEqualTo(Posix.getpid());
            assertThat(child.process().ident()).isEqualTo(pid);
            assertThat(child.exitcode()).isZero();
            assertThat(box.text()).isEqualTo("bob " + pid + " " + Posix.getpid() + " false");
        }
    }

    @StartMethods
    void leavesNoSocketOfJcmdsBehind(Context ctx) throws IOException, InterruptedException {
        Gate running = new Gate();
        Gate end = new Gate();
        try (Child child = Child.start(ctx.process(Targets.waitFor(running, end)))) {
            running.pass();
            java.lang.Process jcmd = new ProcessBuilder(
                    System.getProperty("java.home") + "/bin/jcmd", Integer.toString(child.pid()), "VM.version")
                    .redirectErrorStream(true).redirectOutput(Redirect.DISCARD).start();
            assertThat(jcmd.waitFor(Gate.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(jcmd.exitValue()).isZero();
            Path socket = Path.of("/tmp/.java_pid" + child.pid());
            assertThat(socket).exists();
            end.open();
            assertThat(child.exitcode()).isZero();
            assertThat(socket).doesNotExist();
        }
    }

    @StartMethods
    void passesUpToFourArguments(Context ctx) {
        Array<Integer> results = Array.of(CType.INT, 5);
        List<Integer> codes = Child.runAll(
                ctx.process(() -> results.set(0, 1)),
                ctx.builder().target(a -> a.set(1, 2), results).build(),
                ctx.builder().target((a, b) -> a.set(2, b), results, 3).build(),
                ctx.builder().target((a, b, c) -> a.set(3, b + c), results, 1, 3).build(),
                ctx.builder().target((a, b, c, d) -> a.set(4, b + c + d), results, 1, 1, 3).build());
        assertThat(codes).containsOnly(0);
        assertThat(results).containsExactly(1, 2, 3, 4, 5);
    }

    @Test
    void factoriesPassUpToFourArgumentsToo() {
        Array<Integer> results = Array.of(CType.INT, 5);
        List<Integer> codes = Child.runAll(
                Process.of(() -> results.set(0, 1)),
                Process.of(a -> a.set(1, 2), results),
                Process.of((a, b) -> a.set(2, b), results, 3),
                Process.of((a, b, c) -> a.set(3, b + c), results, 1, 3),
                Process.of((a, b, c, d) -> a.set(4, b + c + d), results, 1, 1, 3));
        assertThat(codes).containsOnly(0);
        assertThat(results).containsExactly(1, 2, 3, 4, 5);
    }

    @StartMethods
    void sharesWhatIsSharedAndCopiesEverythingElse(Context ctx) {
        Value<Integer> shared = Value.of(CType.INT, 1);
        List<Integer> captured = new ArrayList<>(List.of(1));
        int[] argument = {1};
        int code = Child.run(ctx.builder().target(numbers -> {
            numbers[0] = 2;
            captured.add(2);
            shared.setInt(numbers[0] + captured.size());
        }, argument).build());
        assertThat(code).isZero();
        assertThat(shared.getInt()).isEqualTo(4);
        assertThat(captured).containsExactly(1);
        assertThat(argument).containsExactly(1);
    }

    @StartMethods
    void withoutTargetItDoesNothing(Context ctx) {
        assertThat(Child.run(ctx.builder().build())).isZero();
    }

    /** A process that is told by its fields what to do. */
    private static final class Adder extends Process {
        private static final long serialVersionUID = 1L;
        private final Value<Integer> sum;
        private final ArrayList<Integer> numbers;

        Adder(Value<Integer> sum, List<Integer> numbers) {
            this.sum = sum;
            this.numbers = new ArrayList<>(numbers);
        }

        @Override
        public void run() {
            numbers.forEach(sum::addAndGet);
        }
    }

    @Test
    void subclassesOverrideRunAndBringTheirFields() {
        Value<Integer> sum = Value.of(CType.INT, 0);
        Adder adder = new Adder(sum, new ArrayList<>(List.of(1, 2, 3)));
        assertThat(adder.name()).matches("Adder-\\d+");
        assertThat(adder.toString()).startsWith("<Adder name='Adder-");
        assertThat(Child.run(adder)).isZero();
        assertThat(sum.getInt()).isEqualTo(6);
    }

    @StartMethods
    void theExitCodeIsThatOfSystemExitInEightBits(Context ctx) {
        assertThat(Child.runAll(
                ctx.process(Targets.exit(0)), ctx.process(Targets.exit(3)), ctx.process(Targets.exit(300)),
                ctx.process(Targets.exit(-1)), ctx.process(Targets.exitAtOnce(7))))
                .containsExactly(0, 3, 44, 255, 7);
    }

    @StartMethods
    void aSignalToItselfIsItsExitCode(Context ctx) {
        int[] signals = {Posix.SIGSEGV, Posix.SIGTERM, Posix.SIGKILL, Posix.SIGINT, Posix.SIGHUP};
        Process[] processes = Arrays.stream(signals)
                .mapToObj(signal -> ctx.process(Targets.signalItself(signal))).toArray(Process[]::new);
        assertThat(Child.runAll(processes)).containsExactly(-11, -15, -9, -2, -1);
    }

    @StartMethods
    void aSignalOfItsParentIsItsExitCode(Context ctx) {
        List<Gate> running = Stream.generate(Gate::new).limit(4).toList();
        List<Child> children = running.stream()
                .map(gate -> Child.start(ctx.process(Targets.waitFor(gate, new Gate())))).toList();
        try {
            running.forEach(Gate::pass);
            children.get(0).process().terminate();
            children.get(1).process().kill();
            children.get(2).process().interrupt();
            Posix.kill(children.get(3).pid(), Posix.SIGSEGV);
            assertThat(children).extracting(Child::exitcode).containsExactly(-15, -9, -2, -11);
        } finally {
            children.forEach(Child::close);
        }
    }

    @StartMethods
    void canBeTerminatedAsSoonAsItIsStarted(Context ctx) {
        Gate end = new Gate();
        try (Child child = Child.start(ctx.process(Targets.waitFor(end)))) {
            child.process().terminate();
            assertThat(child.exitcode()).isEqualTo(-15);
        }
    }

    @StartMethods
    void tellsHowItEndedInFull(Context ctx) {
        try (Child killed = Child.start(ctx.process(Targets.signalItself(Posix.SIGKILL)));
                Child exited = Child.start(ctx.process(Targets.exit(5)))) {
            killed.exitcode();
            ExitStatus signal = killed.process().exitStatus();
            assertThat(signal.signaled()).isTrue();
            assertThat(signal.exited()).isFalse();
            assertThat(signal.signal()).isEqualTo(Posix.SIGKILL);
            assertThat(signal.coreDumped()).isFalse();
            exited.exitcode();
            assertThat(exited.process().exitStatus()).isEqualTo(new ExitStatus(5 << 8));
        }
    }

    @StartMethods
    void startsOnce(Context ctx) {
        try (Child child = Child.start(ctx.process(Targets.nothing()))) {
            assertThatIllegalStateException().isThrownBy(child.process()::start)
                    .withMessage("cannot start a process twice");
            child.exitcode();
            assertThatIllegalStateException().isThrownBy(child.process()::start)
                    .withMessage("cannot start a process twice");
        }
    }

    @StartMethods
    void beforeItsStartThereIsNothingToTell(Context ctx) {
        Process process = ctx.process(Targets.nothing());
        assertThat(process.pid()).isNull();
        assertThat(process.ident()).isNull();
        assertThat(process.exitcode()).isNull();
        assertThat(process.exitStatus()).isNull();
        assertThat(process.isAlive()).isFalse();
        assertThat(process.daemon()).isFalse();
        assertThatIllegalStateException().isThrownBy(process::sentinel).withMessage("process not started");
        assertThatIllegalStateException().isThrownBy(process::join)
                .withMessage("can only join a started process");
        assertThatIllegalStateException().isThrownBy(() -> process.join(MOMENT))
                .withMessage("can only join a started process");
        assertThatIllegalStateException().isThrownBy(process::onExit);
        assertThatIllegalStateException().isThrownBy(process::terminate);
        assertThatIllegalStateException().isThrownBy(process::kill);
        assertThatIllegalStateException().isThrownBy(process::interrupt);
    }

    @StartMethods
    void joinWaitsNoLongerThanItIsTold(Context ctx) {
        Gate end = new Gate();
        try (Child child = Child.start(ctx.process(Targets.waitFor(end)))) {
            Process process = child.process();
            long start = System.nanoTime();
            assertThat(process.join(MOMENT)).isFalse();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(MOMENT.toNanos());
            assertThat(process.join(Duration.ZERO)).isFalse();
            assertThat(process.join(Duration.ofDays(-1))).isFalse();
            assertThat(process.exitcode()).isNull();
            assertThat(process.isAlive()).isTrue();
            assertThat(Posix.waitReadable(process.sentinel(), Duration.ZERO)).isFalse();
            end.open();
            assertThat(process.join(ChronoUnit.FOREVER.getDuration())).isTrue();
            assertThat(process.isAlive()).isFalse();
            assertThat(process.exitcode()).isZero();
            assertThat(process.join(Duration.ZERO)).isTrue();
            assertThat(Posix.waitReadable(process.sentinel(), Duration.ZERO)).isTrue();
        }
    }

    @StartMethods
    void theSentinelWakesWhoWaitsForIt(Context ctx) {
        Gate end = new Gate();
        try (Child child = Child.start(ctx.process(Targets.waitFor(end)))) {
            CompletableFuture<Boolean> waiting = Threads.supplyAsync(
                    () -> Posix.waitReadable(child.process().sentinel(), Gate.PATIENCE));
            end.open();
            assertThat(waiting).succeedsWithin(Gate.PATIENCE).isEqualTo(true);
            assertThat(child.process().exitcode()).isZero();
        }
    }

    @StartMethods
    void severalThreadsMayJoin(Context ctx) {
        Gate end = new Gate();
        try (Child child = Child.start(ctx.process(Targets.waitFor(end)))) {
            CompletableFuture<Integer> one = Threads.supplyAsync(child::exitcode);
            CompletableFuture<Integer> other = Threads.supplyAsync(child::exitcode);
            assertThat(child.process().join(MOMENT)).isFalse();
            assertThat(child.process().isAlive()).as("is not kept waiting by those who join").isTrue();
            end.open();
            assertThat(one).succeedsWithin(Gate.PATIENCE).isEqualTo(0);
            assertThat(other).succeedsWithin(Gate.PATIENCE).isEqualTo(0);
        }
    }

    @StartMethods
    void onExitCompletesWithTheProcess(Context ctx) {
        Gate end = new Gate();
        try (Child child = Child.start(ctx.process(Targets.waitFor(end)))) {
            CompletableFuture<Process> exit = child.process().onExit();
            assertThat(exit).isNotDone();
            end.open();
            assertThat(exit).succeedsWithin(Gate.PATIENCE).isSameAs(child.process());
            assertThat(child.process().exitcode()).isZero();
            assertThat(child.process().onExit()).succeedsWithin(Gate.PATIENCE).isSameAs(child.process());
        }
    }

    @StartMethods
    void signalsAfterTheEndDoNothing(Context ctx) {
        try (Child child = Child.start(ctx.process(Targets.nothing()))) {
            child.exitcode();
            child.process().terminate();
            child.process().kill();
            child.process().interrupt();
            assertThat(child.process().exitcode()).isZero();
        }
    }

    @StartMethods
    void whatHasEndedIsReapedByWhoeverAsks(Context ctx) {
        try (Child child = Child.start(ctx.process(Targets.exit(4)))) {
            assertThat(Posix.waitReadable(child.process().sentinel(), Gate.PATIENCE)).isTrue();
            assertThat(ProcFs.entry(child.pid())).hasValueSatisfying(entry ->
                    assertThat(entry.state()).isEqualTo('Z'));
            assertThat(child.process().isAlive()).isFalse();
            assertThat(ProcFs.entry(child.pid())).isEmpty();
            assertThat(child.process().exitcode()).isEqualTo(4);
        }
    }

    @StartMethods
    void activeChildrenAreThoseThatRun(Context ctx) {
        Gate end = new Gate();
        assertThat(Multiprocessing.activeChildren()).isEmpty();
        try (Child running = Child.start(ctx.process(Targets.waitFor(end)));
                Child ended = Child.start(ctx.process(Targets.nothing()))) {
            assertThat(Posix.waitReadable(ended.process().sentinel(), Gate.PATIENCE)).isTrue();
            assertThat(Multiprocessing.activeChildren()).containsExactly(running.process());
            assertThat(ProcFs.entry(ended.pid())).as("was reaped").isEmpty();
            end.open();
            running.exitcode();
            assertThat(Multiprocessing.activeChildren()).isEmpty();
        }
    }

    @StartMethods
    void startReapsThoseThatEnded(Context ctx) {
        try (Child ended = Child.start(ctx.process(Targets.nothing()))) {
            assertThat(Posix.waitReadable(ended.process().sentinel(), Gate.PATIENCE)).isTrue();
            assertThat(Child.run(ctx.process(Targets.nothing()))).isZero();
            assertThat(ProcFs.entry(ended.pid())).isEmpty();
        }
    }

    @StartMethods
    void cannotBeClosedWhileItRuns(Context ctx) {
        Gate end = new Gate();
        try (Child child = Child.start(ctx.process(Targets.waitFor(end)))) {
            assertThatIllegalStateException().isThrownBy(child.process()::close).withMessage(
                    "Cannot close a process while it is still running. You should first call join() or terminate().");
            assertThat(child.process().isAlive()).isTrue();
            end.open();
            assertThat(child.exitcode()).isZero();
        }
    }

    @StartMethods
    void afterCloseEverythingIsForbidden(Context ctx) {
        Process process = ctx.process(Targets.nothing());
        process.start();
        assertThat(process.join(Gate.PATIENCE)).isTrue();
        process.close();
        assertClosed(process);
        process.close();
        assertThat(process.toString()).startsWith("<" + contextName(ctx) + " name='" + contextName(ctx))
                .endsWith(" closed>");
    }

    @StartMethods
    void theEndOfTheProgramMindsNoProcessThatIsBeingClosed(Context ctx) {
        Process process = ctx.builder().daemon(true).target(Targets.nothing()).build();
        process.start();
        process.join();
        process.close();
        assertThatCode(() -> {
            process.runs();
            process.terminateIfDaemon();
            process.finish(true);
        }).doesNotThrowAnyException();
    }

    @StartMethods
    void mayBeClosedInsteadOfStarted(Context ctx) {
        Process process = ctx.process(Targets.nothing());
        process.close();
        assertClosed(process);
    }

    private static void assertClosed(Process process) {
        List<ThrowingCallable> calls = List.of(
                process::start, process::join, () -> process.join(MOMENT), process::isAlive, process::terminate,
                process::kill, process::interrupt, process::pid, process::ident, process::name,
                () -> process.setName("x"), process::daemon, () -> process.setDaemon(true), process::exitcode,
                process::exitStatus, process::sentinel, process::authkey, () -> process.setAuthkey(new byte[1]),
                process::onExit);
        assertThat(calls).allSatisfy(call ->
                assertThatIllegalStateException().isThrownBy(call).withMessage("process object is closed"));
    }

    @StartMethods
    void closeGivesTheSentinelBack(Context ctx) {
        Process process = ctx.process(Targets.nothing());
        process.start();
        process.join();
        int sentinel = process.sentinel();
        process.close();
        assertThat(Path.of("/proc/self/fd", String.valueOf(sentinel))).doesNotExist();
    }

    @StartMethods
    void showsItselfAsInPython(Context ctx) {
        Gate end = new Gate();
        String parent = " parent=" + Posix.getpid();
        Process process = ctx.builder().name("bob").target(Targets.waitFor(end)).build();
        String kind = "<" + contextName(ctx) + " name='bob'";
        assertThat(process).hasToString(kind + parent + " initial>");
        try (Child child = Child.start(process)) {
            String start = kind + " pid=" + child.pid() + parent;
            assertThat(process).hasToString(start + " started>");
            end.open();
            child.exitcode();
            assertThat(process).hasToString(start + " stopped exitcode=0>");
        }
        assertThat(process).hasToString(kind + parent + " closed>");
    }

    @StartMethods
    void showsTheSignalThatEndedItAndTheDaemon(Context ctx) {
        Process process = ctx.builder().daemon(true).name("d").target(Targets.waitFor(new Gate())).build();
        assertThat(process.toString()).endsWith(" initial daemon>");
        try (Child child = Child.start(process)) {
            process.terminate();
            child.exitcode();
            assertThat(process.toString()).endsWith(" stopped exitcode=-SIGTERM daemon>");
        }
    }

    @StartMethods
    void daemonIsSetBeforeTheStart(Context ctx) {
        Gate end = new Gate();
        Process process = ctx.process(Targets.waitFor(end));
        assertThat(process.setDaemon(true).daemon()).isTrue();
        process.setDaemon(false);
        try (Child child = Child.start(process)) {
            assertThatIllegalStateException().isThrownBy(() -> process.setDaemon(true))
                    .withMessage("process has already started");
            assertThat(process.daemon()).isFalse();
            end.open();
            assertThat(child.exitcode()).isZero();
        }
    }

    @Test
    void namesCountUp() {
        Process first = Process.of(Targets.nothing());
        Process second = Process.of(Targets.nothing());
        assertThat(first.name()).matches("Process-\\d+");
        int number = Integer.parseInt(first.name().replace("Process-", ""));
        assertThat(second.name()).isEqualTo("Process-" + (number + 1));
        assertThat(new Process("bob", Targets.nothing()).name()).isEqualTo("bob");
        assertThat(second.setName("eve").name()).isEqualTo("eve");
        assertThatNullPointerException().isThrownBy(() -> second.setName(null));
        assertThatNullPointerException().isThrownBy(() -> Process.builder().name(null));
    }

    @StartMethods
    void aContextsProcessesAreNamedAfterIt(Context ctx) {
        assertThat(ctx.process(Targets.nothing()).name()).matches(contextName(ctx) + "-\\d+");
    }

    /** As CPython's classes: ForkProcess, SpawnProcess, ForkServerProcess. */
    private static String contextName(Context ctx) {
        return switch (ctx.getStartMethod()) {
            case "spawn" -> "SpawnProcess";
            case "fork" -> "ForkProcess";
            case "forkserver" -> "ForkServerProcess";
            default -> throw new AssertionError(ctx);
        };
    }

    @StartMethods
    void manyMayRunAtOnce(Context ctx) {
        int many = 10;
        Value<Integer> sum = Value.of(CType.INT, 0);
        Process[] processes = Stream.generate(() -> ctx.builder().target(v -> v.addAndGet(1), sum).build())
                .limit(many).toArray(Process[]::new);
        int before = ProcFs.children().size();
        assertThat(Child.runAll(processes)).hasSize(many).containsOnly(0);
        assertThat(sum.getInt()).isEqualTo(many);
        assertThat(ProcFs.children()).hasSize(before);
    }

    @Test
    void severalThreadsMayStart() throws Exception {
        List<CompletableFuture<Integer>> codes = Stream.generate(() ->
                Threads.supplyAsync(() -> Child.run(Process.of(Targets.exit(9))))).limit(4).toList();
        for (CompletableFuture<Integer> code : codes) {
            assertThat(code.get(Gate.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(9);
        }
    }

    @Test
    void argumentsNeedATarget() {
        Process.Target1<String> none = null;
        assertThatNullPointerException().isThrownBy(() -> Process.builder().target(none, "x")).withMessage("target");
    }

    @Test
    void travelsToItsOwnChildAlone() {
        Process process = Process.of(Targets.nothing());
        assertThatIllegalStateException().isThrownBy(() ->
                new ObjectOutputStream(new ByteArrayOutputStream()).writeObject(process))
                .withMessageStartingWith("Process objects should only be shared between processes through inheritance");
    }

    @Test
    void authkeysAreCopied() {
        Process process = Process.of(Targets.nothing());
        byte[] inherited = process.authkey();
        assertThat(inherited).hasSize(32).isEqualTo(Multiprocessing.currentProcess().authkey());
        inherited[0]++;
        assertThat(process.authkey()).isNotEqualTo(inherited);
        byte[] mine = {1, 2, 3};
        assertThat(process.setAuthkey(mine).authkey()).isEqualTo(mine);
        mine[0] = 9;
        assertThat(process.authkey()).containsExactly(1, 2, 3);
        assertThat(Multiprocessing.currentProcess().authkey()).hasSize(32);
    }

    @Test
    void whatCannotBeSerializedIsNamedWithItsPath() {
        Object secret = new Object();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Process.builder().context(Multiprocessing.getContext("spawn")).name("bob")
                        .target((Object x) -> {}, secret).build().start())
                .withMessage("cannot start bob: java.lang.Object is not serializable: target.a is a java.lang.Object")
                .withCauseInstanceOf(NotSerializableException.class);
        assertThat(Multiprocessing.activeChildren()).isEmpty();
    }
}
