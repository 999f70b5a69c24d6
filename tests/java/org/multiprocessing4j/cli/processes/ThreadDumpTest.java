package org.multiprocessing4j.cli.processes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ThreadDumpTest {
    private static final String DUMP = """
            4711:
            2024-05-06 07:08:09
            Full thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode):

            Threads class SMR info:
            _java_thread_list=0x00007f, length=2, elements={
            0x00007f542c017a70, 0x00007f542c051670
            }

            "main" #1 prio=5 os_prio=0 tid=0x1 nid=0x2 in Object.wait()
               java.lang.Thread.State: WAITING (on object monitor)
            \tat java.lang.Object.wait(java.base@17/Native Method)
            \tat Hang.main(Hang.java:3)

            "Reference Handler" #2 daemon prio=10 tid=0x3 nid=0x4 waiting on condition
               java.lang.Thread.State: RUNNABLE
            \tat java.lang.ref.Reference.waitForReferencePendingList(java.base@17/Native Method)

            "C1 CompilerThread0" #6 daemon prio=9 tid=0x5 nid=0x6 waiting on condition
               java.lang.Thread.State: RUNNABLE
               No compile task

            "pool-1-thread-1" #11 prio=5 tid=0x7 nid=0x8 runnable
               java.lang.Thread.State: RUNNABLE
            \tat Hang.spin(Hang.java:9)

            "VM Thread" os_prio=0 cpu=1.05ms tid=0x9 nid=0xa runnable

            JNI global refs: 6, weak refs: 0
            """;

    @Test
    void showsTheProgramsOwnThreadsAlone() {
        assertThat(ThreadDump.threadsOfProgram(DUMP)).isEqualTo("""
                "main" #1 prio=5 os_prio=0 tid=0x1 nid=0x2 in Object.wait()
                   java.lang.Thread.State: WAITING (on object monitor)
                \tat java.lang.Object.wait(java.base@17/Native Method)
                \tat Hang.main(Hang.java:3)
                "pool-1-thread-1" #11 prio=5 tid=0x7 nid=0x8 runnable
                   java.lang.Thread.State: RUNNABLE
                \tat Hang.spin(Hang.java:9)""");
    }

    @Test
    void showsTheDeadlocksThatTheJvmFound() {
        String deadlock = "\nFound one Java-level deadlock:\n=====\n\"a\":\n  waiting\n\nFound 1 deadlock.\n";

        assertThat(ThreadDump.threadsOfProgram(DUMP + deadlock)).contains("Hang.spin(Hang.java:9)")
                .endsWith(deadlock.stripTrailing());
    }
}
