package org.multiprocessing4j.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.multiprocessing4j.Multiprocessing;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code mp4j test}: the whole suite: {@code mvn verify} (JUnit and GoogleTest), GoogleTest again under
 * AddressSanitizer and UndefinedBehaviorSanitizer, its tests of threads under ThreadSanitizer, and the cross-check with
 * each start method.
 */
@Command(
        name = "test",
        mixinStandardHelpOptions = true,
        description = "Runs the whole test suite: JUnit, GoogleTest (also under sanitizers) and the cross-check.")
public final class TestCommand implements Callable<Integer> {

    @Option(names = "--no-sanitizers", description = "Leave out the runs under sanitizers.")
    private boolean noSanitizers;

    private final List<String> failures = new ArrayList<>();
    private final List<String> failedTests = new ArrayList<>();
    private int passed;
    private int failed;

    /** Creates the command for picocli. */
    public TestCommand() {}

    /** Runs every part, whether or not one before it failed. */
    @Override
    public Integer call() throws IOException, InterruptedException, UsageException {
        Path home = Path.of(UsageException.home());
        Path target = home.resolve("target");
        forgetReports(target);
        run(home, "mvn verify", List.of("mvn", "-B", "-ntp", "verify"));
        count(target.resolve("ctest.xml"));
        countAll(target.resolve("surefire-reports"));
        if (!noSanitizers) {
            sanitized(home, target, "asan");
            sanitized(home, target, "tsan");
        }
        crosscheck(home);
        return summary();
    }

    /** What is counted in the end is of this run. */
    private static void forgetReports(Path target) throws IOException {
        Files.deleteIfExists(target.resolve("ctest.xml"));
        Files.deleteIfExists(target.resolve("ctest-asan.xml"));
        Files.deleteIfExists(target.resolve("ctest-tsan.xml"));
        Path directory = target.resolve("surefire-reports");
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> reports = Files.newDirectoryStream(directory, "TEST-*.xml")) {
                for (Path report : reports) {
                    Files.delete(report);
                }
            }
        }
    }

    /** GoogleTest as a preset of CMake builds it. */
    private void sanitized(Path home, Path target, String preset) throws IOException, InterruptedException {
        Path report = target.resolve("ctest-" + preset + ".xml");
        boolean built = run(home, preset + ": configure", List.of("cmake", "--preset", preset))
                && run(home, preset + ": build", List.of("cmake", "--build", "--preset", preset));
        if (built) {
            run(
                    home,
                    preset + ": ctest",
                    List.of("ctest", "--preset", preset, "--parallel", "2", "--output-junit", report.toString()));
            count(report);
        }
    }

    /** All languages, the Java programs with the default start method; then those alone with each of the others. */
    private void crosscheck(Path home) throws IOException, InterruptedException {
        String launcher = home.resolve("mp4j").toString();
        run(home, "crosscheck", List.of(launcher, "crosscheck"));
        List<String> methods = Multiprocessing.getAllStartMethods();
        for (String method : methods.subList(1, methods.size())) {
            run(home, "crosscheck with " + method,
                    List.of(launcher, "crosscheck", "--lang", "java", "--start-method", method));
        }
    }

    private boolean run(Path home, String part, List<String> command) throws IOException, InterruptedException {
        System.out.println("== " + part + ": " + String.join(" ", command));
        ProcessBuilder builder = new ProcessBuilder(command).directory(home.toFile()).inheritIO();
        Map<String, String> environment = builder.environment();
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        int code = builder.start().waitFor();
        if (code != 0) {
            failures.add(part + " (exit code " + code + ")");
        }
        return code == 0;
    }

    private void countAll(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            failures.add("no reports in " + directory);
            return;
        }
        try (DirectoryStream<Path> reports = Files.newDirectoryStream(directory, "TEST-*.xml")) {
            for (Path report : reports) {
                count(report);
            }
        }
    }

    /** Adds the numbers of a report in JUnit's format, which both test runners write. */
    private void count(Path report) throws IOException {
        try {
            Element suite = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(report.toFile())
                    .getDocumentElement();
            int bad = number(suite, "failures") + number(suite, "errors");
            failed += bad;
            passed += number(suite, "tests") - bad - number(suite, "skipped") - number(suite, "disabled");
            nameFailed(suite);
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException("cannot read " + report, e);
        } catch (java.io.FileNotFoundException e) {
            failures.add("no report " + report);
        }
    }

    private void nameFailed(Element suite) {
        NodeList tests = suite.getElementsByTagName("testcase");
        for (int i = 0; i < tests.getLength(); i++) {
            Element test = (Element) tests.item(i);
            if (first(test, "failure") != null || first(test, "error") != null) {
                String owner = test.getAttribute("classname");
                String name = test.getAttribute("name");
                failedTests.add((owner.equals(name) ? name : owner + "." + name) + reason(test));
            }
        }
    }

    /** Surefire says it with the failure; what GoogleTest printed is in CTest's report as a whole. */
    private static String reason(Element test) {
        Element output = first(test, "system-out");
        int failure = output == null ? -1 : output.getTextContent().indexOf(": Failure\n");
        if (failure >= 0) {
            String text = output.getTextContent();
            int lineBegin = text.lastIndexOf('\n', failure) + 1;
            return text.substring(lineBegin).lines().limit(6).map("\n    "::concat).collect(Collectors.joining());
        }
        Element said = first(test, "failure") != null ? first(test, "failure") : first(test, "error");
        return said.getAttribute("message").lines().limit(6).map("\n    "::concat).collect(Collectors.joining());
    }

    private static Element first(Element test, String kind) {
        return (Element) test.getElementsByTagName(kind).item(0);
    }

    private static int number(Element suite, String attribute) {
        String text = suite.getAttribute(attribute);
        return text.isEmpty() ? 0 : Integer.parseInt(text);
    }

    private int summary() {
        failures.forEach(failure -> System.out.println("FAILED: " + failure));
        failedTests.forEach(test -> System.out.println("FAILED: " + test));
        System.out.println(passed + " passed, " + Math.max(failed, failures.size()) + " failed");
        return failures.isEmpty() && failed == 0 ? 0 : 1;
    }
}
