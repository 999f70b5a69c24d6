package org.multiprocessing4j.cli.stress;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A JDK to test with.
 *
 * @param home its directory, with symbolic links resolved
 * @param version the text of its file {@code release}, as in 17.0.15
 */
public record Jdk(Path home, String version) {
    private static final int OLDEST = 17;
    private static final int FIRST_THAT_WARNS = 22;
    private static final Path INSTALLED = Path.of("/usr/lib/jvm");
    private static final Pattern VERSION = Pattern.compile("(?m)^JAVA_VERSION=\"((\\d+)[^\"]*)\"");

    /** The feature release, as in 17. */
    public int feature() {
        return Integer.parseInt(version.split("\\D")[0]);
    }

    /** The program {@code java}. */
    public Path java() {
        return home.resolve("bin/java");
    }

    /** The options that keep it from warning of native code. */
    public List<String> nativeAccess() {
        return feature() < FIRST_THAT_WARNS ? List.of() : List.of("--enable-native-access=ALL-UNNAMED");
    }

    /** Whether it has a collector; starts it once. */
    public boolean has(Collector collector) throws IOException, InterruptedException {
        return new ProcessBuilder(java().toString(), collector.flag(), "-version")
                .redirectErrorStream(true)
                .redirectOutput(new File("/dev/null"))
                .start().waitFor() == 0;
    }

    /** The JDK in a directory; nothing if there is none, or if it is older than 17. */
    public static Optional<Jdk> at(Path directory) throws IOException {
        Path release = directory.resolve("release");
        if (!Files.isExecutable(directory.resolve("bin/java")) || !Files.isReadable(release)) {
            return Optional.empty();
        }
        Matcher version = VERSION.matcher(Files.readString(release));
        return version.find() && Integer.parseInt(version.group(2)) >= OLDEST
                ? Optional.of(new Jdk(directory.toRealPath(), version.group(1)))
                : Optional.empty();
    }

    /** This JVM's JDK, that of JAVA_HOME and those in /usr/lib/jvm, one of each feature release, the oldest first. */
    public static List<Jdk> installed() throws IOException {
        List<Path> places = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"))));
        Optional.ofNullable(System.getenv("JAVA_HOME")).map(Path::of).ifPresent(places::add);
        if (Files.isDirectory(INSTALLED)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(INSTALLED)) {
                entries.forEach(places::add);
            }
        }
        Map<Integer, Jdk> found = new LinkedHashMap<>();
        for (Path place : places) {
            at(place).ifPresent(jdk -> found.putIfAbsent(jdk.feature(), jdk));
        }
        return found.values().stream().sorted(Comparator.comparing(Jdk::feature)).toList();
    }
}
