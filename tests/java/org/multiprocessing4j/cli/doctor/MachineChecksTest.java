package org.multiprocessing4j.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.multiprocessing4j.cli.doctor.Check.Verdict.LIMITED;
import static org.multiprocessing4j.cli.doctor.Check.Verdict.MISSING;
import static org.multiprocessing4j.cli.doctor.Check.Verdict.OK;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class MachineChecksTest {
    private static final long MEBI = 1 << 20;

    private static String limits(String processes, String files) {
        return """
                Limit                     Soft Limit           Hard Limit           Units
                Max processes             %-20s 96365                processes
                Max open files            %-20s 20000                files
                """.formatted(processes, files);
    }

    @Test
    void allIsWellHereOrHasARemedy() {
        assertThat(MachineChecks.all()).extracting(Check::name).doesNotHaveDuplicates()
                .contains("kernel", "glibc", "PR_GET_TID_ADDRESS", "pidfd_open", "memfd_create", "/dev/shm",
                        "open files", "processes");
        assertThat(MachineChecks.all()).allSatisfy(check -> {
            assertThat(check.found()).isNotBlank();
            assertThat(check.remedy() == null).isEqualTo(check.verdict() == OK);
        });
    }

    @Test
    void anOldKernelIsTooOld() {
        assertThat(MachineChecks.kernel("6.1.0-13-amd64").verdict()).isEqualTo(OK);
        assertThat(MachineChecks.kernel("5.4.0").verdict()).isEqualTo(OK);
        assertThat(MachineChecks.kernel("5.3.18").verdict()).isEqualTo(MISSING);
        assertThat(MachineChecks.kernel("4.19").remedy()).contains("5.4");
    }

    @Test
    void anotherCLibraryIsNone() {
        assertThat(MachineChecks.glibc("glibc 2.36").verdict()).isEqualTo(OK);
        assertThat(MachineChecks.glibc("glibc 2.43").verdict()).isEqualTo(OK);
        assertThat(MachineChecks.glibc("glibc 2.28").verdict()).isEqualTo(LIMITED);
        assertThat(MachineChecks.glibc("").verdict()).isEqualTo(MISSING);
    }

    @Test
    void liveForkNeedsTheThreadsAddress() {
        assertThat(MachineChecks.threadAddress(true).verdict()).isEqualTo(OK);
        assertThat(MachineChecks.threadAddress(false).remedy()).contains("CONFIG_CHECKPOINT_RESTORE");
    }

    @Test
    void littleSharedMemoryIsALimit() {
        assertThat(MachineChecks.devShm(64 * MEBI, 64 * MEBI).verdict()).isEqualTo(OK);
        assertThat(MachineChecks.devShm(63 * MEBI, 64 * MEBI).remedy()).contains("--shm-size");
        assertThat(MachineChecks.devShm(63 * MEBI, 64 * MEBI).found()).isEqualTo("63 MiB free of 64");
    }

    @Test
    void fewDescriptorsAreALimit() {
        assertThat(MachineChecks.openFiles(limits("9999", "1024")).verdict()).isEqualTo(OK);
        assertThat(MachineChecks.openFiles(limits("9999", "unlimited")).verdict()).isEqualTo(OK);
        assertThat(MachineChecks.openFiles(limits("9999", "256")).remedy()).contains("ulimit -n");
        assertThat(MachineChecks.openFiles("").found()).isEqualTo("unknown");
    }

    @Test
    void fewThreadsAreALimitWhoeverSetsIt() {
        assertThat(MachineChecks.tasks(limits("unlimited", "9"), OptionalLong.empty()).verdict()).isEqualTo(OK);
        assertThat(MachineChecks.tasks(limits("500", "9"), OptionalLong.empty()).remedy()).contains("ulimit -u");
        Check inContainer = MachineChecks.tasks(limits("unlimited", "9"), OptionalLong.of(100));
        assertThat(inContainer.verdict()).isEqualTo(LIMITED);
        assertThat(inContainer.found()).isEqualTo("unlimited, 100 in this control group");
    }

    @Test
    void strictOvercommitIsALimit() {
        assertThat(MachineChecks.overcommit("0\n").verdict()).isEqualTo(OK);
        assertThat(MachineChecks.overcommit("2\n").remedy()).contains("vm.overcommit_memory");
    }

    @Test
    void anotherPlatformIsUntested() {
        assertThat(MachineChecks.platform("Linux amd64").verdict()).isEqualTo(OK);
        assertThat(MachineChecks.platform("Linux aarch64").verdict()).isEqualTo(LIMITED);
    }
}
