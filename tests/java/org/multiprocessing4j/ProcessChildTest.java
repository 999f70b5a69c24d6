package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.Mailbox;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Targets;

/** The class Process, as the child sees it. */
class ProcessChildTest {

    private static final String ME = "MainProcess";

    @Test
    void theFirstProcessIsNamedMainProcessAndHasNoParent() {
        Process main = Multiprocessing.currentProcess();
        assertThat(main.name()).isEqualTo(ME);
        assertThat(main.pid()).isEqualTo(Posix.getpid());
        assertThat(main.isAlive()).isTrue();
        assertThat(main.daemon()).isFalse();
        assertThat(main.exitcode()).isNull();
        assertThat(main.toString()).contains("name='MainProcess'").contains(" started");
        assertThat(Multiprocessing.parentProcess()).isNull();
        main.close();
        assertThat(main.name()).as("cannot be closed").isEqualTo(ME);
    }

    @StartMethods
    void knowsItsParent(Context ctx) {
        Mailbox box = new Mailbox();
        assertThat(Child.run(ctx.builder().target(ProcessChildTest::describeParent, box).build())).isZero();
        assertThat(box.text()).isEqualTo(
                ME + " " + Posix.getpid() + " alive\nnot ended within a moment\nnot readable");
    }

    private static void describeParent(Mailbox box) {
        Process parent = Multiprocessing.parentProcess();
        box.put(parent.name() + " " + parent.pid() + (parent.isAlive() ? " alive" : " dead"));
        box.put(parent.join(Duration.ofMillis(20)) ? "ended" : "not ended within a moment");
        box.put(Posix.waitReadable(parent.sentinel(), Duration.ZERO) ? "readable" : "not readable");
    }

    @StartMethods
    void isItsOwnCurrentProcess(Context ctx) {
        Mailbox box = new Mailbox();
        try (Child child = Child.start(ctx.builder().name("bob").target(ProcessChildTest::describeSelf, box).build())) {
            assertThat(child.exitcode()).isZero();
            assertThat(box.text().lines()).containsExactly(
                    "<" + ctx.builder().build().kind() + " name='bob' parent=" + Posix.getpid() + " started>",
                    "pid " + child.pid(),
                    "alive true",
                    "children []",
                    "method " + Multiprocessing.getStartMethod());
        }
    }

    @StartMethods
    void isSoWhateverItsTargetIs(Context ctx) {
        String kind = ctx.builder().build().kind();
        Process process =
                ctx.builder().name("bob").target(ProcessChildTest::exitIfItIsBob, Posix.getpid(), kind).build();
        assertThat(Child.run(process)).isEqualTo(7);
    }

    /** Without anything shared, and so with its exit code alone. */
    private static void exitIfItIsBob(int parent, String kind) {
        Process self = Multiprocessing.currentProcess();
        boolean right = self.toString().equals("<" + kind + " name='bob' parent=" + parent + " started>")
                && self.pid() == Posix.getpid() && self.isAlive() && Multiprocessing.parentProcess().pid() == parent;
        System.exit(right ? 7 : 8);
    }

    private static void describeSelf(Mailbox box) {
        Process self = Multiprocessing.currentProcess();
        box.put(self);
        box.put("pid " + self.pid());
        box.put("alive " + self.isAlive());
        box.put("children " + Multiprocessing.activeChildren());
        box.put("method " + Multiprocessing.getStartMethod());
    }

    @StartMethods
    void itsChildrenAreNumberedBelowIt(Context ctx) {
        Mailbox box = new Mailbox();
        Process process = ctx.builder().target(ProcessChildTest::nest, box, ctx.getStartMethod()).build();
        String name = process.name();
        String number = name.replaceFirst("\\w+-", "");
        String kind = name.replaceFirst("-.*", "");
        assertThat(Child.run(process)).isZero();
        assertThat(box.text().lines().map(line -> line.replaceFirst(" .*", ""))).containsExactly(
                "Process-" + number + ":1", kind + "-" + number + ":2", kind + "-" + number + ":3");
        assertThat(box.text().lines().skip(1)).allSatisfy(line ->
                assertThat(line).endsWith(" " + name));
    }

    private static void nest(Mailbox box, String method) {
        Context ctx = Multiprocessing.getContext(method);
        box.put(Process.of(Targets.nothing()).name());
        for (int i = 0; i < 2; i++) {
            assertZero(Child.run(ctx.builder().target(ProcessChildTest::introduce, box).build()));
        }
    }

    private static void introduce(Mailbox box) {
        box.put(Multiprocessing.currentProcess().name() + " " + Multiprocessing.parentProcess().name());
    }

    private static void assertZero(int code) {
        if (code != 0) {
            throw new AssertionError("exit code " + code);
        }
    }

    @StartMethods
    void aDaemonMayHaveNoChildren(Context ctx) {
        Mailbox box = new Mailbox();
        assertThat(Child.run(ctx.builder().daemon(true).target(ProcessChildTest::tryToStart, box).build())).isZero();
        assertThat(box.text().lines()).containsExactly(
                "daemon true", "its child is one too: true",
                "java.lang.IllegalStateException: daemonic processes are not allowed to have children");
    }

    private static void tryToStart(Mailbox box) {
        box.put("daemon " + Multiprocessing.currentProcess().daemon());
        Process child = Process.of(Targets.nothing());
        box.put("its child is one too: " + child.daemon());
        box.put(thrownBy(child::start));
    }

    @StartMethods
    void cannotUseItsParentsProcesses(Context ctx) {
        Mailbox box = new Mailbox();
        Process siblings = ctx.builder().name("sibling").target(Targets.nothing()).build();
        assertThat(Child.run(ctx.builder().target(ProcessChildTest::useForeign, siblings, box).build())).isZero();
        assertThat(box.text().lines()).containsExactly(
                "<" + siblings.kind() + " name='sibling' parent=" + Posix.getpid() + " unknown>",
                "java.lang.IllegalStateException: can only start a process object created by current process",
                "java.lang.IllegalStateException: can only join a child process",
                "java.lang.IllegalStateException: can only test a child process");
        assertThat(siblings.isAlive()).isFalse();
    }

    private static void useForeign(Process process, Mailbox box) {
        box.put(process);
        box.put(thrownBy(process::start));
        box.put(thrownBy(process::join));
        box.put(thrownBy(process::isAlive));
    }

    private static RuntimeException thrownBy(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            return e;
        }
        return new RuntimeException("nothing was thrown");
    }

    @StartMethods
    void inheritsTheAuthkey(Context ctx) {
        byte[] own = {1, 2, 3};
        Mailbox inherited = new Mailbox();
        Mailbox given = new Mailbox();
        Process second = ctx.builder().target(ProcessChildTest::tellAuthkey, given).build().setAuthkey(own);
        assertThat(Child.runAll(ctx.builder().target(ProcessChildTest::tellAuthkey, inherited).build(), second))
                .containsOnly(0);
        assertThat(inherited.text()).isEqualTo(Arrays.toString(Multiprocessing.currentProcess().authkey()));
        assertThat(given.text()).isEqualTo(Arrays.toString(own));
    }

    private static void tellAuthkey(Mailbox box) {
        Process self = Multiprocessing.currentProcess();
        byte[] next = Process.of(Targets.nothing()).authkey();
        box.put(Arrays.equals(self.authkey(), next) ? Arrays.toString(next) : "not passed on");
    }

    @StartMethods
    void hasNothingOnItsStandardInput(Context ctx) {
        Mailbox box = new Mailbox();
        assertThat(Child.run(ctx.process(Targets.readStandardInput(box)))).isZero();
        assertThat(box.text()).isEqualTo("-1");
    }

    @StartMethods
    void hasNoMoreDescriptorsForItsSiblings(Context ctx) {
        assumeThat(ctx.getStartMethod()).as("a forked child inherits all descriptors").isNotEqualTo("fork");
        Gate end = new Gate();
        Mailbox box = new Mailbox();
        try (Child first = Child.start(ctx.process(Targets.waitFor(end)))) {
            for (int i = 0; i < 4; i++) {
                Process process = ctx.builder().target(ProcessChildTest::listDescriptors, box).build();
                process.start(); // its sentinel stays open
                assertThat(process.join(Gate.PATIENCE)).isTrue();
            }
            end.open();
            assertThat(first.exitcode()).isZero();
        }
        // The fork server's own shared memory comes and goes as it rehearses.
        String rehearsed = ctx.getStartMethod().equals("forkserver") ? "/memfd:multiprocessing \\(deleted\\), " : "$^";
        List<String> lists = box.text().replaceAll(rehearsed, "").lines().toList();
        assertThat(lists).hasSize(4).containsOnly(lists.get(0));
    }

    private static void listDescriptors(Mailbox box) {
        box.put(ProcFs.openFiles().values().stream()
                .filter(file -> !file.startsWith("/sys/")) // the JVM itself looks at its limits now and then
                .map(file -> file.replaceAll("\\d+", "N")).sorted().toList());
    }

    @StartMethods
    void waitsForItsThreadsUnlessTheyAreDaemons(Context ctx) {
        Value<Integer> done = Value.of(CType.INT, 0);
        assertThat(Child.run(ctx.builder().target(ProcessChildTest::leaveThreads, done).build())).isZero();
        assertThat(done.getInt()).isEqualTo(1);
    }

    private static void leaveThreads(Value<Integer> done) {
        Thread main = Thread.currentThread();
        new Thread(() -> {
            awaitEndOf(main);
            done.addAndGet(1);
        }).start();
        Thread daemon = new Thread(() -> new Gate().pass());
        daemon.setDaemon(true);
        daemon.start();
    }

    private static void awaitEndOf(Thread thread) {
        try {
            thread.join(Duration.ofMillis(100).toMillis()); // under fork it may be the one that ends the process
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @StartMethods
    void anExceptionOfAnotherThreadIsNotItsEnd(Context ctx) {
        Mailbox box = new Mailbox();
        assertThat(Child.run(ctx.builder().target(ProcessChildTest::failInThread, box).build())).isZero();
        assertThat(box.text()).isEqualTo("went on after java.lang.IllegalStateException: of a thread");
    }

    private static void failInThread(Mailbox box) throws InterruptedException {
        Thread thread = new Thread(() -> {
            throw new IllegalStateException("of a thread");
        });
        thread.setUncaughtExceptionHandler((failed, error) -> box.put("went on after " + error));
        thread.start();
        thread.join();
    }
}
