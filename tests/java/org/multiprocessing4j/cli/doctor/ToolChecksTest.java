package org.multiprocessing4j.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolChecksTest {

    @Test
    void findsWhatIsOnThePath(@TempDir Path empty) {
        assertThat(ToolChecks.tool("sh", "dash", empty + "::/bin")).isEqualTo(Check.ok("sh", "/bin/sh"));
        assertThat(ToolChecks.tool("sh", "dash", empty.toString()))
                .isEqualTo(Check.missing("sh", "not on PATH", "apt-get install dash"));
        assertThat(ToolChecks.python(empty.toString()).verdict()).isEqualTo(Check.Verdict.LIMITED);
    }
}
