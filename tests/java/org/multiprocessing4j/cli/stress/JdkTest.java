package org.multiprocessing4j.cli.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdkTest {
    @TempDir
    private Path directory;

    private Path jdk(String version, String java) throws IOException {
        Files.createDirectories(directory.resolve("bin"));
        Files.writeString(directory.resolve("bin/java"), "#!/bin/sh\n" + java + "\n");
        Files.setPosixFilePermissions(
                directory.resolve("bin/java"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(directory.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        return directory;
    }

    @Test
    void readsTheVersion() throws IOException {
        Jdk jdk = Jdk.at(jdk("25.0.3", "exit 0")).orElseThrow();

        assertThat(jdk.feature()).isEqualTo(25);
        assertThat(jdk.version()).isEqualTo("25.0.3");
        assertThat(jdk.nativeAccess()).isNotEmpty();
        assertThat(Jdk.at(jdk("17", "exit 0")).orElseThrow().nativeAccess()).isEmpty();
    }

    @Test
    void whatIsTooOldOrNoJdkDoesNotCount() throws IOException {
        assertThat(Jdk.at(directory)).isEmpty();
        assertThat(Jdk.at(jdk("1.8.0_392", "exit 0"))).isEmpty();
        assertThat(Jdk.at(jdk("11.0.2", "exit 0"))).isEmpty();
    }

    @Test
    void asksForCollectors() throws Exception {
        Jdk jdk = Jdk.at(jdk("17", "test $1 = -XX:+UseG1GC")).orElseThrow();

        assertThat(jdk.has(Collector.G1)).isTrue();
        assertThat(jdk.has(Collector.SHENANDOAH)).isFalse();
    }

    @Test
    void thisOneIsInstalled() throws IOException {
        assertThat(Jdk.installed()).extracting(Jdk::feature)
                .contains(Runtime.version().feature()).doesNotHaveDuplicates().isSorted();
    }
}
