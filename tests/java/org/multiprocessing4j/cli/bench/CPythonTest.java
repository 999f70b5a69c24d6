package org.multiprocessing4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CPythonTest {
    private static final Path NO_PROBE = Path.of("probe.py");

    @TempDir
    Path directory;

    /** Makes an executable script that stands for an interpreter. */
    private Path interpreter(String file, String commands) throws IOException {
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, "#!/bin/sh\n" + commands + "\n");
        return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
    }

    private Path interpreter(String file, String version, double nanoseconds) throws IOException {
        return interpreter(file, "printf 'CPython\\t" + version + "\\t" + nanoseconds + "\\t/opt/" + version + "\\n'");
    }

    @Test
    void theFastestIsChosen() throws Exception {
        Path slow = interpreter("python3", "3.9.1", 700);
        Path fast = interpreter("python3.11", "3.11.2", 400);
        Path link = interpreter("python3.12", "3.9.1", 650);

        CPython.Choice choice = CPython.fastest(List.of(slow, fast, link), NO_PROBE);

        assertThat(choice.chosen()).contains(new CPython(Path.of("/opt/3.11.2"), "3.11.2", 400));
        assertThat(choice.measured()).as("one interpreter under two names counts once").isEqualTo(2);
        assertThat(choice.describe()).isEqualTo(
                "CPython 3.11.2 (/opt/3.11.2, 400 ns), the fastest of 2 found, by a locked increment");
    }

    @Test
    void whatIsNoWorkingCPythonIsRejectedWithTheReason() throws Exception {
        Path good = interpreter("good", "3.11.2", 400);
        Path pypy = interpreter("pypy", "printf 'PyPy\\t3.10.0\\t5\\t/opt/pypy\\n'");
        Path shim = interpreter("shim", "echo one >&2; echo 'no such version' >&2; exit 127");
        Path missing = directory.resolve("missing");

        CPython.Choice choice = CPython.fastest(List.of(pypy, shim, missing, good), NO_PROBE);

        assertThat(choice.chosen()).map(CPython::version).contains("3.11.2");
        assertThat(choice.rejected())
                .hasSize(3)
                .contains(pypy + " is no CPython but PyPy 3.10.0 5 /opt/pypy", shim + ": no such version");
        assertThat(choice.describe()).contains("; not usable: ").contains(missing.toString());
    }

    @Test
    void thereMayBeNone() throws Exception {
        CPython.Choice choice = CPython.fastest(List.of(), NO_PROBE);

        assertThat(choice.chosen()).isEmpty();
        assertThat(choice.describe()).isEqualTo("no CPython was found");
    }

    @Test
    void oneThatIsAskedForMustWork() throws Exception {
        Path broken = interpreter("broken", "echo nope; exit 1");

        assertThatThrownBy(() -> CPython.measure(broken, NO_PROBE))
                .isInstanceOf(BenchException.class)
                .hasMessage(broken + ": nope");
    }

    @Test
    void candidatesComeFromThePathAndFromPyenv() throws Exception {
        Path onPath = interpreter("bin/python3.9", "3.9.1", 1);
        Path twoDigits = interpreter("bin/python3.14", "3.14.0", 1);
        Path config = interpreter("bin/python3-config", "");
        Path pyenv = interpreter("pyenv/versions/3.13.0/bin/python3", "3.13.0", 1);
        Path shim = interpreter("pyenv/shims/python3.13", "3.13.0", 1);

        var candidates = CPython.candidates(Map.of(
                "PATH",
                directory.resolve("bin") + ":" + directory.resolve("pyenv/shims") + ":" + directory.resolve("none"),
                "PYENV_ROOT", directory.resolve("pyenv").toString()));

        assertThat(candidates).contains(onPath, twoDigits, pyenv).doesNotContain(config, shim);
    }
}
