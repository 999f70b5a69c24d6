package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every public name of the machine's own multiprocessing has its row in the README. */
class PythonNamesTest {

    @Test
    void everyPublicNameHasARow() throws IOException, InterruptedException {
        List<String> names = publicNames();
        assertThat(names).contains("Process", "Value").hasSizeGreaterThan(30);
        String readme = Files.readString(Path.of(System.getProperty("mp4j.home"), "README.md"));
        String table = readme.substring(readme.indexOf("## Python names"), readme.indexOf("## ARCHITECTURE"));
        assertThat(names).allSatisfy(name -> assertThat(table).containsPattern("(?m)^\\|[^|]*`" + name + "`"));
    }

    private static List<String> publicNames() throws IOException, InterruptedException {
        java.lang.Process python =
                new ProcessBuilder(
                                "python3", "-c", "import multiprocessing; print('\\n'.join(multiprocessing.__all__))")
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (BufferedReader output = python.inputReader()) {
            List<String> names = output.lines().toList();
            assertThat(python.waitFor()).isZero();
            return names;
        }
    }
}
