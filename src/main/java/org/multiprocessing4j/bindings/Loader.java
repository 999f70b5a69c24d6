package org.multiprocessing4j.bindings;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.MalformedURLException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.jar.JarEntry;

/**
 * Loads the native library: from the path in the property {@value #LIBRARY_PROPERTY}, else out of the jar, from a copy
 * in the user's cache directory.
 *
 * <p>The generated class {@code Native} calls {@code Loader.load()}. This class stands in its package, and so before
 * JavaCPP's own of that name, which it imports on demand: that one starts JavaCPP's runtime, and triples the start-up
 * time of a child.
 */
public final class Loader {

    /** Names the library's file; nothing else is tried then. */
    public static final String LIBRARY_PROPERTY = "org.multiprocessing4j.library";

    /** Names the directory that the library is copied to, in place of {@code ~/.cache/multiprocessing4j}. */
    public static final String CACHE_PROPERTY = "org.multiprocessing4j.cachedir";

    private static final String LIBRARY = "libmultiprocessing4j.so";

    private static String loaded;

    private Loader() {}

    /**
     * Loads the library, once.
     *
     * @throws UnsatisfiedLinkError that says what was tried and which property helps
     */
    public static synchronized void load() {
        if (loaded != null) {
            return;
        }
        String path = locate();
        try {
            System.load(path);
        } catch (UnsatisfiedLinkError e) {
            throw unsatisfied("cannot load " + path + " (" + e.getMessage() + "); is it on a noexec file system?", e);
        }
        loaded = path;
    }

    /** The file that the library is loaded from, so that a child can load the same. */
    public static synchronized Path path() {
        return Path.of(loaded != null ? loaded : locate());
    }

    /**
     * The directory that things made once are kept in; made if missing, readable by the user alone.
     *
     * @throws IOException if none can be made
     */
    public static Path cacheDirectory() throws IOException {
        String named = System.getProperty(CACHE_PROPERTY);
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path directory;
        if (named != null) {
            directory = Path.of(named);
        } else if (xdg != null && xdg.startsWith("/")) {
            directory = Path.of(xdg, "multiprocessing4j");
        } else {
            directory = Path.of(System.getProperty("user.home"), ".cache", "multiprocessing4j");
        }
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory.toAbsolutePath().getParent());
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        return directory.toAbsolutePath();
    }

    private static String locate() {
        // Of a child: nothing is loaded here that is not needed.
        String named = System.getProperty(LIBRARY_PROPERTY);
        return named != null ? new File(named).getAbsolutePath() : fromClassPath().toString();
    }

    private static Path fromClassPath() {
        String resource = "org/multiprocessing4j/bindings/" + platform() + "/" + LIBRARY;
        ClassLoader loader = Loader.class.getClassLoader();
        URL url = loader != null ? loader.getResource(resource) : ClassLoader.getSystemResource(resource);
        if (url == null) {
            url = onModulePath(resource);
        }
        if (url == null) {
            throw unsatisfied(resource + " is not on the class path: is the jar for this platform?", null);
        }
        try {
            return url.getProtocol().equals("file") ? Path.of(url.toURI()) : cached(url);
        } catch (IOException | URISyntaxException e) {
            throw unsatisfied("cannot copy " + url + " to the cache directory (" + e + ")", e);
        }
    }

    /**
     * A jar without classes is no module that another requires: on the module path it is there, but not looked into.
     */
    private static URL onModulePath(String resource) {
        String modulePath = System.getProperty("jdk.module.path", "");
        for (String entry : modulePath.split(File.pathSeparator)) {
            File file = new File(entry);
            File[] jars = file.isDirectory() ? file.listFiles() : new File[] {file};
            for (File jar : jars != null ? jars : new File[0]) {
                String name = jar.getName();
                if (name.endsWith("-" + platform() + ".jar") && name.startsWith("multiprocessing4j")) {
                    try {
                        return new URL("jar:" + jar.toURI() + "!/" + resource);
                    } catch (MalformedURLException e) {
                        throw unsatisfied("cannot name " + jar + " (" + e + ")", e);
                    }
                }
            }
        }
        return null;
    }

    /** JavaCPP's name of this platform. */
    private static String platform() {
        String arch = System.getProperty("os.arch");
        return "linux-" + (arch.equals("amd64") ? "x86_64" : arch.equals("aarch64") ? "arm64" : arch);
    }

    /** The copy of the jar's entry, named by its checksum: processes and versions do not get into each other's way. */
    private static Path cached(URL url) throws IOException {
        JarURLConnection connection = (JarURLConnection) url.openConnection();
        JarEntry entry = connection.getJarEntry();
        Path copy = cacheDirectory().resolve(String.format("%08x-%s", entry.getCrc(), LIBRARY));
        if (Files.exists(copy) && Files.size(copy) == entry.getSize()) {
            return copy;
        }
        Path draft = Files.createTempFile(copy.getParent(), "draft-", ".so");
        try (InputStream in = connection.getInputStream()) {
            Files.copy(in, draft, StandardCopyOption.REPLACE_EXISTING);
            Files.move(draft, copy, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("no atomic rename in " + copy.getParent(), e);
        } finally {
            Files.deleteIfExists(draft);
        }
        return copy;
    }

    private static UnsatisfiedLinkError unsatisfied(String what, Throwable cause) {
        UnsatisfiedLinkError error =
                new UnsatisfiedLinkError(
                        "multiprocessing4j's native library: " + what + ". Set -D" + LIBRARY_PROPERTY
                                + "=FILE to load it from elsewhere, or -D" + CACHE_PROPERTY
                                + "=DIRECTORY to copy it elsewhere.");
        error.initCause(cause);
        return error;
    }
}
