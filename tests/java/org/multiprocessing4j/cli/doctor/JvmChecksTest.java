package org.multiprocessing4j.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.multiprocessing4j.cli.doctor.Check.Verdict.LIMITED;
import static org.multiprocessing4j.cli.doctor.Check.Verdict.MISSING;
import static org.multiprocessing4j.cli.doctor.Check.Verdict.OK;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.posix.ExitStatus;

class JvmChecksTest {
    private static final String FLAGS = """
            [Global flags]
                 bool UseAdaptiveSizePolicyWithSystemGC        = false     {product} {default}
                 bool UseG1GC                                  = %b      {product} {ergonomic}
                 bool UseMaximumCompactionOnSystemGC           = true      {product} {default}
                 bool UseZGC                                   = %b     {product} {default}
            """;

    private static Check java(String vm, String version) {
        return JvmChecks.java(vm, Runtime.Version.parse(version));
    }

    @Test
    void anotherJvmOrReleaseIsALimit() {
        assertThat(java("OpenJDK 64-Bit Server VM", "17.0.15").verdict()).isEqualTo(OK);
        assertThat(java("Java HotSpot(TM) 64-Bit Server VM", "25").verdict()).isEqualTo(OK);
        assertThat(java("OpenJDK 64-Bit Server VM", "21").verdict()).isEqualTo(LIMITED);
        assertThat(java("Eclipse OpenJ9 VM", "17").remedy()).contains("HotSpot");
        assertThat(java("OpenJDK 64-Bit Server VM", "11").verdict()).isEqualTo(MISSING);
    }

    @Test
    void zgcByDefaultIsALimit() {
        assertThat(JvmChecks.collector(FLAGS.formatted(true, false))).isEqualTo(Check.ok("collector", "G1 by default"));
        assertThat(JvmChecks.collector(FLAGS.formatted(false, true)).remedy()).contains("-XX:+UseG1GC");
        assertThat(JvmChecks.collector("").verdict()).isEqualTo(LIMITED);
    }

    @Test
    void aChildThatHangsOrFailsIsAFault() {
        assertThat(JvmChecks.forked(Optional.of(new ExitStatus(42 << 8)), 1.25).found()).contains("1.3 ms");
        assertThat(JvmChecks.forked(Optional.of(new ExitStatus(11)), 1).found()).contains("exit code -11");
        assertThat(JvmChecks.forked(Optional.empty(), 1).verdict()).isEqualTo(MISSING);
    }

    @Test
    void withoutForkserverThereIsAReason() {
        assertThat(JvmChecks.startMethods(List.of("forkserver", "spawn"), "forkserver").verdict()).isEqualTo(OK);
        Check poor = JvmChecks.startMethods(List.of("spawn"), "spawn");
        assertThat(poor.verdict()).isEqualTo(LIMITED);
        assertThat(poor.found()).isEqualTo("spawn by default; there are spawn");
    }
}
