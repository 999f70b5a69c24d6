package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Pipe;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.JavaProgram.Outcome;
import org.multiprocessing4j.support.Mailbox;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Targets;

/** The start method spawn: what a fresh JVM is given, and what may go wrong with that. */
class SpawnTest {

    private static final int E2BIG = 7;
    private static final int EACCES = 13;

    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
    private static final Context SPAWN = Multiprocessing.getContext("spawn");
    private static final String CLASS_PATH = System.getProperty("java.class.path");

    /** Two bytes in UTF-8, a NUL, a pair of surrogates, and a lone one. */
    private static final String ODD_TEXT = "ä\0\ud83d\ude00\udc00";

    private static int counter;

    /** The fork server, if there is one. */
    private final List<Integer> childrenBefore = ProcFs.children();

    @AfterEach
    void restore() {
        Multiprocessing.setExecutable(JAVA);
        System.setProperty("java.class.path", CLASS_PATH);
    }

    @Test
    void runsThisJavaWithItsFlagsAndItsClassPath() {
        List<String> command = SpawnCommand.ofChild();
        assertThat(command).startsWith(JAVA.toString(), "-Xrs").contains("-XX:-UsePerfData")
                .endsWith("-cp", CLASS_PATH, SpawnMain.class.getName())
                .doesNotContain("-Xcheck:jni");
        assertThat(SpawnCommand.environment()).as("the environment is this process's own").isNull();
    }

    @Test
    void inheritsTheFlagsThatAreNotTheParentsOwn() {
        Outcome outcome = JavaProgram.of(SpawnPrograms.Flags.class)
                .flags("-Xmx77m", "-Dmine=a b", "-ea", "--add-opens", "java.base/java.util=ALL-UNNAMED", "-Xcheck:jni",
                        "-XX:+UnlockDiagnosticVMOptions", "-XX:+DebugNonSafepoints", "-XX:SharedArchiveFile=/none",
                        "-Dcom.sun.management.jmxremote.authenticate=false",
                        "-Dorg.multiprocessing4j.startmethod=spawn",
                        "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,quiet=y,address=127.0.0.1:0")
                .environment("MINE", "is inherited")
                .environment("JAVA_TOOL_OPTIONS", "-Dfrom.tool=1 -Xcheck:jni")
                .run();
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out().lines())
                .contains("flag -Xmx77m", "flag -Dmine=a b", "flag -ea", "flag -XX:TieredStopAtLevel=1",
                        "flag --add-opens=java.base/java.util=ALL-UNNAMED", "flag -Dfrom.tool=1",
                        "environment MINE=is inherited", "class path " + CLASS_PATH, "assertions true")
                .containsOnlyOnce("flag -XX:+UseSerialGC", "flag -Xrs")
                .noneMatch(line -> line.matches("flag -(agentlib|Xcheck|XX:SharedArchive|XX:.DebugNon|Dcom.sun).*"))
                .contains("environment JAVA_TOOL_OPTIONS=null");
    }

    @Test
    void inheritsTheEnvironmentAsItIsIfThereIsNoAgentInIt() {
        Outcome outcome = JavaProgram.of(SpawnPrograms.Flags.class)
                .flags("-Dorg.multiprocessing4j.startmethod=spawn")
                .environment("JAVA_TOOL_OPTIONS", "-Dfrom.tool=1").run();
        assertThat(outcome.out().lines())
                .contains("environment JAVA_TOOL_OPTIONS=-Dfrom.tool=1", "assertions false");
    }

    @StartMethods
    void takesArgumentsOfAnySize(Context ctx) {
        int[] sizes = {0, 1, (64 << 10) - 1, 64 << 10, 1 << 20, 8 << 20};
        Array<Long> sums = Array.of(CType.LONG, sizes.length);
        Process[] processes = new Process[sizes.length];
        long[] expected = new long[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            byte[] payload = new byte[sizes[i]];
            new Random(i).nextBytes(payload);
            expected[i] = checksum(payload);
            processes[i] = ctx.builder().target((bytes, all, n) -> all.set(n, checksum(bytes)), payload, sums, i)
                    .build();
        }
        assertThat(Child.runAll(processes)).containsOnly(0);
        assertThat(sums.toLongArray()).isEqualTo(expected);
    }

    private static long checksum(byte[] bytes) {
        CRC32 sum = new CRC32();
        sum.update(bytes);
        return sum.getValue() ^ (long) bytes.length << 32;
    }

    @StartMethods
    void plainArgumentsArriveAsTheyWere(Context ctx) {
        int captured = 7;
        Process.Target2<Integer, Float> widened = SpawnTest::checkWidened;
        assertThat(Child.runAll(
                ctx.builder().target(SpawnTest::checkIntegers, (byte) -1, (short) -2, -3, Long.MIN_VALUE).build(),
                ctx.builder().target(SpawnTest::checkOthers, -0f, Double.NaN, true, '\ud800').build(),
                ctx.builder().target(SpawnTest::checkTexts, (String) null, "", ODD_TEXT, 100_000).build(),
                ctx.builder().target(widened, 5, 1.5f).build(),
                ctx.builder().target(text -> expect(text.equals("x") && captured == 7), "x").build()))
                .containsOnly(0);
    }

    private static void checkIntegers(Byte b, short s, int i, Long l) {
        expect(b == -1 && s == -2 && i == -3 && l == Long.MIN_VALUE);
    }

    private static void checkOthers(float f, Double d, boolean truth, Character c) {
        expect(1 / f == Float.NEGATIVE_INFINITY && d.isNaN() && truth && c == '\ud800');
    }

    private static void checkTexts(Object none, CharSequence empty, String text, int length) {
        expect(none == null && empty.length() == 0 && text.equals(ODD_TEXT)
                && "x".repeat(length).length() == 100_000);
    }

    private static void checkWidened(long l, double d) {
        expect(l == 5 && d == 1.5);
    }

    private static void expect(boolean truth) {
        System.exit(truth ? 0 : 9);
    }

    @Test
    void staticStateIsTheClassesInitialOne() {
        counter = 7;
        Value<Integer> seen = Value.of(CType.INT, -1);
        assertThat(Child.run(SPAWN.builder().target(v -> v.setInt(++counter), seen).build())).isZero();
        assertThat(seen.getInt()).isEqualTo(1);
        assertThat(counter).isEqualTo(7);
    }

    @Test
    void withoutJavaThereIsNoChild() {
        Multiprocessing.setExecutable(Path.of("/nonexistent/java"));
        Process process = SPAWN.process(Targets.nothing());
        assertThatIllegalStateException().isThrownBy(process::start)
                .withMessageContaining("/nonexistent/java").withMessageContaining("setExecutable");
        assertNotStarted(process);
        Multiprocessing.setExecutable(JAVA);
        assertThat(Child.run(process)).as("may be started when there is one").isZero();
    }

    @Test
    void whatCannotBeRunIsNotStarted() {
        Multiprocessing.setExecutable(Path.of("/"));
        Process process = SPAWN.process(Targets.nothing());
        assertThatThrownBy(process::start).asInstanceOf(type(OSException.class))
                .returns(EACCES, OSException::errno).returns("posix_spawn", OSException::call);
        assertNotStarted(process);
    }

    @Test
    void aCommandThatIsTooLongIsNotStarted() {
        System.setProperty("java.class.path", "x".repeat(200_000));
        Process process = SPAWN.process(Targets.nothing());
        assertThatThrownBy(process::start).asInstanceOf(type(OSException.class)).returns(E2BIG, OSException::errno);
        assertNotStarted(process);
    }

    private void assertNotStarted(Process process) {
        assertThat(process.pid()).isNull();
        assertThat(process.isAlive()).isFalse();
        assertThat(process.toString()).endsWith(" initial>");
        assertThat(Multiprocessing.activeChildren()).isEmpty();
        assertThat(ProcFs.children()).isEqualTo(childrenBefore);
    }

    @Test
    void anotherProgramMayTakeJavasPlace() {
        Multiprocessing.setExecutable(Path.of("/bin/false"));
        assertThat(Child.run(SPAWN.process(Targets.nothing()))).isEqualTo(1);
        byte[] unread = new byte[8 << 20];
        assertThat(Child.run(SPAWN.builder().target((byte[] bytes) -> {}, unread).build()))
                .as("which need not read").isEqualTo(1);
    }

    @Test
    void manyStartsUseNoMoreDescriptorsThanOne() {
        Multiprocessing.setExecutable(Path.of("/bin/true"));
        Child.run(SPAWN.process(Targets.nothing()));
        int before = ProcFs.descriptors();
        for (int i = 0; i < 50; i++) {
            assertThat(Child.run(SPAWN.process(Targets.nothing()))).isZero();
            assertThat(ProcFs.descriptors()).isLessThanOrEqualTo(before);
        }
    }

    @Test
    void aChildThatCannotReadItsTargetEndsWithOne() {
        Outcome outcome = JavaProgram.of(SpawnPrograms.Unreadable.class).run();
        assertThat(outcome.out()).isEqualTo("exit code 1\n");
        assertThat(outcome.err()).contains("java.io.IOException: rotten");
    }

    @Test
    void aChildHasItsParentsPidfdAndNoOtherDescriptorOfIts() {
        Pipe pipe = Posix.pipe();
        Mailbox box = new Mailbox();
        List<String> parents =
                ProcFs.openFiles().values().stream().filter(file -> file.matches(".*:\\[\\d+]")).toList();
        try {
            assertThat(Child.run(SPAWN.builder().target(SpawnTest::listDescriptors, box).build())).isZero();
        } finally {
            Posix.close(pipe.reader());
            Posix.close(pipe.writer());
        }
        assertThat(parents).as("at least the pipe").isNotEmpty();
        assertThat(box.text().lines()).doesNotContainAnyElementsOf(parents).containsOnlyOnce("anon_inode:[pidfd]");
        // The mailbox lies in an arena or two, which the child keeps open for its own children.
        assertThat(box.text().lines().filter(line -> line.startsWith("/memfd:"))).hasSizeBetween(1, 2);
    }

    private static void listDescriptors(Mailbox box) {
        ProcFs.openFiles().tailMap(3).values().forEach(box::put);
    }
}
