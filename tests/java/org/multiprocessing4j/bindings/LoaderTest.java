package org.multiprocessing4j.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.JavaProgram.Outcome;

/** Where the native library comes from. */
class LoaderTest {

    /** Loads the library. */
    static final class Program {
        private Program() {}

        public static void main(String[] args) {
            System.out.println(Native.getpid() == ProcessHandle.current().pid() ? "loaded" : "not mine");
            System.out.println(Loader.path());
        }
    }

    @TempDir
    private Path directory;

    @AfterEach
    void restore() {
        System.clearProperty(Loader.CACHE_PROPERTY);
    }

    private static JavaProgram.Builder program(String... flags) {
        return JavaProgram.of(Program.class).flags(flags);
    }

    private static String library(Object path) {
        return "-D" + Loader.LIBRARY_PROPERTY + "=" + path;
    }

    @Test
    void theLibraryIsLoadedFromTheClassPath() {
        assertThat(Loader.path()).isRegularFile().hasFileName("libmultiprocessing4j.so");
        Loader.load();
    }

    @Test
    void thePropertyNamesItsFile() throws IOException {
        Path copy = Files.copy(Loader.path(), directory.resolve("copy.so"));
        assertThat(program(library(copy)).run().out().lines()).containsExactly("loaded", copy.toString());
    }

    @Test
    void whatCannotBeLoadedIsAnErrorThatSaysWhatHelps() throws IOException {
        assertRefused(program(library("/nonexistent.so")).run(), "cannot load /nonexistent.so");
        Path text = Files.writeString(directory.resolve("text.so"), "no library");
        assertRefused(program(library(text)).run(), "cannot load " + text);
    }

    private static void assertRefused(Outcome outcome, String what) {
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err()).contains("java.lang.UnsatisfiedLinkError: multiprocessing4j's native library: ")
                .contains(what)
                .contains("Set -D" + Loader.LIBRARY_PROPERTY + "=FILE")
                .contains("-D" + Loader.CACHE_PROPERTY + "=DIRECTORY");
    }

    @Test
    void outOfAJarItIsCopiedToTheCacheOnce() throws Exception {
        String classPath = jarWith(true) + File.pathSeparator + System.getProperty("java.class.path");
        Path cache = directory.resolve("a/b");
        JavaProgram.Builder program = program("-D" + Loader.CACHE_PROPERTY + "=" + cache).classPath(classPath);
        Outcome first = program.run();
        assertThat(first.out()).as(first.err()).startsWith("loaded\n" + cache);
        Path copy = Path.of(first.out().lines().skip(1).findFirst().orElseThrow());
        assertThat(copy).hasSameBinaryContentAs(Loader.path());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache))).isEqualTo("rwx------");
        Object written = Files.getLastModifiedTime(copy);
        assertThat(program.run().out()).isEqualTo(first.out());
        assertThat(Files.getLastModifiedTime(copy)).isEqualTo(written);

        Files.writeString(copy, "cut short");
        assertThat(program.run().out()).isEqualTo(first.out());
        assertThat(copy).hasSameBinaryContentAs(Loader.path());
        assertThat(list(cache)).as("no drafts").containsExactly(copy);
    }

    @Test
    void withoutACacheItIsAnError() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertRefused(
                program("-D" + Loader.CACHE_PROPERTY + "=" + file.resolve("sub")).classPath(jarWith(true)
                        + File.pathSeparator + testClasses()).run(), "cannot copy jar:file:");
    }

    @Test
    void withoutTheLibraryItIsAnError() throws Exception {
        assertRefused(program().classPath(jarWith(false) + File.pathSeparator + testClasses()).run(),
                "is not on the class path: is the jar for this platform?");
    }

    @Test
    void theCacheDirectoryIsMadeForTheUserAlone() throws IOException {
        Path cache = directory.resolve("x/y");
        System.setProperty(Loader.CACHE_PROPERTY, cache.toString());
        assertThat(Loader.cacheDirectory()).isEqualTo(cache).isDirectory();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache))).isEqualTo("rwx------");
        assertThat(Loader.cacheDirectory()).as("and used again").isEqualTo(cache);
        System.setProperty(Loader.CACHE_PROPERTY, Files.createFile(directory.resolve("f")).resolve("g").toString());
        assertThatIOException().isThrownBy(Loader::cacheDirectory);
    }

    @Test
    void theCacheDirectoryIsInTheUsersCacheByDefault() throws Exception {
        String classPath = jarWith(true) + File.pathSeparator + testClasses();
        Path home = Files.createDirectory(directory.resolve("home"));
        String named = program("-Duser.home=" + home).classPath(classPath)
                .environment("XDG_CACHE_HOME", directory.resolve("xdg").toString()).run().out();
        assertThat(named).startsWith("loaded\n" + directory.resolve("xdg/multiprocessing4j") + "/");
        String usual = program("-Duser.home=" + home).classPath(classPath)
                .environment("XDG_CACHE_HOME", "not/absolute").run().out();
        assertThat(usual).startsWith("loaded\n" + home.resolve(".cache/multiprocessing4j") + "/");
    }

    /** A jar of this library's classes, with or without its native part. */
    private Path jarWith(boolean nativePart) throws IOException, URISyntaxException {
        Path classes = Path.of(Loader.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        assertThat(classes).as("the tests run from a directory of classes").isDirectory();
        Path jar = directory.resolve("library.jar");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (Path file : list(classes.resolve("org/multiprocessing4j"))) {
                if (nativePart || !file.toString().endsWith(".so")) {
                    add(out, classes.relativize(file).toString(), Files.readAllBytes(file));
                }
            }
        }
        return jar;
    }

    private static void add(ZipOutputStream out, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        CRC32 sum = new CRC32();
        sum.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(sum.getValue());
        out.putNextEntry(entry);
        out.write(content);
    }

    private static String testClasses() throws URISyntaxException {
        return Path.of(LoaderTest.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    }

    private static List<Path> list(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}
