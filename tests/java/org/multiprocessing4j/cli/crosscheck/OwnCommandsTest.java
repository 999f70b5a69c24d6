package org.multiprocessing4j.cli.crosscheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OwnCommandsTest {
    private static List<String> normalised(List<String> rules, List<String> masks, String output) {
        return OwnCommands.program(rules, masks).normaliser().apply(output);
    }

    @Test
    void runsCommandsByBashInTheCurrentDirectory() {
        List<Candidate> candidates = OwnCommands.candidates(List.of("java=a --x=1 | b", "my port=c"));

        assertThat(candidates).containsExactly(
                Candidate.runnable("java", List.of("bash", "-c", "a --x=1 | b"), Path.of("").toAbsolutePath()),
                Candidate.runnable("my port", List.of("bash", "-c", "c"), Path.of("").toAbsolutePath()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"command", "=command", "name=", "name= "})
    void refusesCommandsWithoutNameOrText(String command) {
        assertThatIllegalArgumentException().isThrownBy(() -> OwnCommands.candidates(List.of("a=b", command)))
                .withMessage("--cmd must be NAME=COMMAND, not '" + command + "'");
    }

    @Test
    void refusesOneCommandAloneAndANameTwice() {
        assertThatIllegalArgumentException().isThrownBy(() -> OwnCommands.candidates(List.of("a=b")))
                .withMessageContaining("at least twice");
        assertThatIllegalArgumentException().isThrownBy(() -> OwnCommands.candidates(List.of("a=b", "a=c")))
                .withMessageContaining("given twice");
    }

    @Test
    void normalisesOnlyWhatIsAsked() {
        String output = "pid 7 took 3 ms\n12 a\n";

        assertThat(normalised(List.of(), List.of(), output)).containsExactly("pid 7 took 3 ms", "12 a");
        assertThat(normalised(List.of("pids"), List.of(), output)).containsExactly("pid <P1> took 3 ms", "12 a");
        assertThat(normalised(List.of("times"), List.of(), output)).containsExactly("pid 7 took <T>", "12 a");
        assertThat(normalised(List.of("numbers"), List.of(), output)).containsExactly("pid <N> took <N> ms", "<N> a");
        assertThat(normalised(List.of("sort"), List.of(), output)).containsExactly("12 a", "pid 7 took 3 ms");
        assertThat(normalised(List.of("sort", "numbers", "pids", "times"), List.of(), output))
                .containsExactly("<N> a", "pid <P1> took <T>");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "worker-\\d+=worker; worker worker!",
        "-\\d+=; worker worker!",
        "(\\w+)-(\\d+)=$2:$1; 7:worker 8:worker!",
        "r-7|r-8=Z; workeZ workeZ!",
        "=?-7=x; workerx worker-8!"
    })
    void masksWithTheTextBehindTheLastEqualsSign(String mask, String line) {
        assertThat(normalised(List.of(), List.of(mask), "worker-7 worker-8!\n")).containsExactly(line);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "abc | --mask must be REGEX=TEXT",
        "=abc | --mask must be REGEX=TEXT",
        "a(b=x | is no regular expression",
        "a=$1 | bad replacement text",
        "a=$ | bad replacement text"
    })
    void refusesBadMasks(String mask, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> OwnCommands.program(List.of(), List.of(mask)))
                .withMessageContaining(message);
    }

    @Test
    void refusesUnknownRules() {
        assertThatIllegalArgumentException().isThrownBy(() -> OwnCommands.program(List.of("pid"), List.of()))
                .withMessage("unknown rule 'pid' for --normalise; there are: pids, times, numbers, sort");
    }
}
