package org.multiprocessing4j.cli.crosscheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LauncherTest {
    private static final Program ORPHAN = Catalog.find("13").get(0);

    private final ProgramRunner runner = new ProgramRunner();
    private FakeHome home;

    @BeforeEach
    void makeHome(@TempDir Path directory) throws IOException {
        home = new FakeHome(directory);
    }

    @AfterEach
    void closeRunner() {
        runner.close();
    }

    private Candidate candidate(Language language, String python) throws IOException, InterruptedException {
        return new Launcher(home.path(), python, Optional.empty()).candidate(ORPHAN, language, runner);
    }

    private String pythonHindrance(Path python) throws IOException, InterruptedException {
        home.pythonProgram("13_orphan", "");
        Candidate candidate = candidate(Language.PYTHON, python.toString());
        assertThat(candidate.isRunnable()).isFalse();
        assertThat(candidate.hindrance()).isEqualTo(Row.Verdict.SKIPPED);
        return candidate.reason();
    }

    @Test
    void startsCppProgramsThemselves() throws Exception {
        home.cpp("13_orphan", "");

        assertThat(candidate(Language.CPP, "python3").command())
                .containsExactly(home.path().resolve("target/cmake/examples/13_orphan").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"3.8", "3.14", "4.0"})
    void startsPythonProgramsWithAPythonThatIsNewEnough(String version) throws Exception {
        home.pythonProgram("13_orphan", "");
        String python = home.python(version).toString();

        assertThat(candidate(Language.PYTHON, python).command())
                .containsExactly(python, home.path().resolve("src/examples/python/13_orphan.py").toString());
    }

    @Test
    void startsJavaProgramsWithThisJvmAndItsClassPath() throws Exception {
        home.java("_13_orphan", "");

        List<String> command = candidate(Language.JAVA, "python3").command();

        assertThat(command).startsWith(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1").endsWith("_13_orphan");
        assertThat(command.contains("--enable-native-access=ALL-UNNAMED"))
                .isEqualTo(Runtime.version().feature() >= 22);
        String[] classPath = command.get(command.indexOf("-cp") + 1).split(File.pathSeparator);
        assertThat(classPath).hasSizeGreaterThan(1).endsWith(home.path().resolve("target/examples.jar").toString())
                .allSatisfy(entry -> assertThat(Path.of(entry)).isAbsolute());
    }

    @Test
    void startsJavaProgramsAloneWithAStartMethod() throws Exception {
        home.java("_13_orphan", "");
        home.cpp("13_orphan", "");
        home.pythonProgram("13_orphan", "");
        String property = "-Dorg.multiprocessing4j.startmethod=fork";
        Launcher launcher = new Launcher(home.path(), "python3", Optional.of("fork"));

        List<String> command = launcher.command(ORPHAN, Language.JAVA);

        assertThat(command.indexOf(property)).isPositive().isLessThan(command.indexOf("_13_orphan"));
        assertThat(launcher.command(ORPHAN, Language.CPP)).hasSize(1);
        assertThat(launcher.command(ORPHAN, Language.PYTHON)).hasSize(2);
        assertThat(candidate(Language.JAVA, "python3").command()).noneMatch(word -> word.contains("startmethod"));
    }

    @Test
    void aProgramThatIsNotThereFails() throws Exception {
        for (Language language : Language.values()) {
            Candidate candidate = candidate(language, "python3");

            assertThat(candidate.hindrance()).isEqualTo(Row.Verdict.FAILED);
            assertThat(candidate.reason()).startsWith("there is no " + home.path());
        }
        home.java("Other", "");
        assertThat(candidate(Language.JAVA, "python3").reason()).startsWith("there is no _13_orphan.class in ");
    }

    @Test
    void anOldPythonIsSkipped() throws Exception {
        assertThat(pythonHindrance(home.python("3.7"))).endsWith("fake-python is version 3.7; 3.8 or newer is needed");
        assertThat(pythonHindrance(home.python("2.7"))).endsWith("is version 2.7; 3.8 or newer is needed");
    }

    @Test
    void somethingElseThanPythonIsSkipped() throws Exception {
        assertThat(pythonHindrance(home.python("hello"))).endsWith("is no Python: it says \"hello\"");
    }

    @Test
    void aMissingPythonIsSkipped() throws Exception {
        assertThat(pythonHindrance(home.path().resolve("nowhere"))).contains("nowhere").contains("No such file");
    }

    @Test
    void aPythonWithoutMultiprocessingIsSkipped() throws Exception {
        Path python = home.executable(home.path().resolve("poor-python"),
                "echo Traceback >&2; echo 'ImportError: no sem_open' >&2; exit 1");

        assertThat(pythonHindrance(python)).endsWith("has no working multiprocessing: ImportError: no sem_open");
    }

    @Test
    void pythonIsAskedOnce() throws Exception {
        home.pythonProgram("13_orphan", "");
        Path log = home.path().resolve("log");
        Path python = home.executable(home.path().resolve("logging-python"), "echo asked >>" + log + "; echo 3.11");
        Launcher launcher = new Launcher(home.path(), python.toString(), Optional.empty());

        launcher.candidate(ORPHAN, Language.PYTHON, runner);
        launcher.candidate(ORPHAN, Language.PYTHON, runner);

        assertThat(Files.readAllLines(log)).containsExactly("asked");
    }
}
