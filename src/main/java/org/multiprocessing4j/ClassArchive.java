package org.multiprocessing4j;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.CodeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.multiprocessing4j.bindings.Loader;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.util.Handover;

/**
 * A class-data archive (an AOT cache from JDK 24 on) of what each spawned child loads before its target: it halves the
 * time to there. Made once for each JDK, version of this library and set of flags, in the background and in the user's
 * cache directory; used when it is there, and never needed.
 *
 * <p>The archive holds this library's jar and the JDK's classes. It fits every program, whose class path follows.
 */
final class ClassArchive {

    /** Set to false to make and use no archive. */
    static final String PROPERTY = "org.multiprocessing4j.archive";

    private static final System.Logger LOG = System.getLogger("org.multiprocessing4j");

    private static final int FIRST_WITH_AOT = 24;

    /** A program that starts one child and ends is not worth the making. */
    private static final int MAKE_AT_LAUNCH = 2;

    private static final Duration MAKE_LIMIT = Duration.ofSeconds(60);

    private static final Duration KEEP = Duration.ofDays(90);

    private static final Duration KEEP_DRAFTS = Duration.ofDays(1);

    /** Runs a command whose output nobody wants to see. */
    private static final List<String> SILENT = List.of("/bin/sh", "-c", "exec nice -n 19 \"$@\" >/dev/null 2>&1", "sh");

    private static final AtomicInteger LAUNCHES = new AtomicInteger();

    private final Path java;
    private final List<String> flags;
    private final Path jar;
    private final Path file;

    private ClassArchive(Path java, List<String> flags, Path jar, Path file) {
        this.java = java;
        this.flags = flags;
        this.jar = jar;
        this.file = file;
    }

    /** The archive for children with these flags; null if there can be none. */
    static ClassArchive of(Path java, List<String> flags) {
        if (!Boolean.parseBoolean(System.getProperty(PROPERTY, "true"))) {
            return null;
        }
        try {
            Path jar = ownJar();
            if (jar == null) {
                return null;
            }
            String key = String.join("\n", java.toString(), Runtime.version().toString(), flags.toString(),
                    jar.toString(), Files.getLastModifiedTime(jar).toString(), String.valueOf(Files.size(jar)));
            String name = String.format("spawn-%d-%016x.%s",
                    Runtime.version().feature(), hash(key), isAot() ? "aot" : "jsa");
            return new ClassArchive(java, flags, jar, Loader.cacheDirectory().resolve(name));
        } catch (IOException | URISyntaxException e) {
            LOG.log(System.Logger.Level.DEBUG, "no class archive", e);
            return null;
        }
    }

    /** Archives know jars alone: null where the classes lie in a directory, or in a module. */
    private static Path ownJar() throws URISyntaxException {
        CodeSource source = ClassArchive.class.getProtectionDomain().getCodeSource();
        if (source == null || ClassArchive.class.getModule().isNamed()) {
            return null;
        }
        Path path = Path.of(source.getLocation().toURI());
        return Files.isRegularFile(path) ? path : null;
    }

    private static boolean isAot() {
        return Runtime.version().feature() >= FIRST_WITH_AOT;
    }

    private static long hash(String text) {
        long hash = 0xcbf29ce484222325L; // FNV-1a
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }

    /** The class path of a child: the archive's must be its beginning. */
    String classPath(String programs) {
        return jar + File.pathSeparator + programs;
    }

    /** The flags with which a spawned child uses the archive; none while it is not there. Sees to its being made. */
    List<String> useInChild() {
        if (!Files.exists(file) && LAUNCHES.incrementAndGet() == MAKE_AT_LAUNCH) {
            makeInBackground();
        }
        return use();
    }

    /** As {@link #useInChild}, for the fork server: the one start is worth the making. */
    List<String> useInServer() {
        if (!Files.exists(file)) {
            makeInBackground();
        }
        return use();
    }

    private List<String> use() {
        if (!Files.exists(file)) {
            return List.of();
        }
        String option = isAot() ? "-XX:AOTCache=" : "-XX:SharedArchiveFile=";
        List<String> silent = isAot() ? List.of("-Xlog:aot*=off", "-Xlog:cds*=off") : List.of("-Xlog:cds*=off");
        List<String> result = new ArrayList<>(silent);
        result.add(option + file);
        return result;
    }

    private void makeInBackground() {
        Thread maker = new Thread(() -> {
            try {
                make();
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.DEBUG, "the class archive was not made", e);
            }
        }, "multiprocessing class archive");
        maker.setDaemon(true);
        maker.start();
    }

    private void make() throws IOException {
        Path draft = Files.createTempFile(file.getParent(), "draft-", ".archive");
        Path record = Files.createTempFile(file.getParent(), "draft-", ".record");
        try (Rehearsal rehearsal = new Rehearsal(draft, record)) {
            Files.delete(draft);
            if (isAot()) {
                rehearsal.run("-XX:AOTMode=record", "-XX:AOTConfiguration=" + record);
                rehearsal.run("-XX:AOTMode=create", "-XX:AOTConfiguration=" + record, "-XX:AOTCache=" + draft);
            } else {
                rehearsal.run("-XX:ArchiveClassesAtExit=" + draft);
            }
            if (Files.exists(draft)) {
                Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            }
        }
        removeOld();
    }

    /** Archives of versions and flags that were given up long ago, and drafts of programs that were killed. */
    private void removeOld() throws IOException {
        removeOlderThan(KEEP, "spawn-*");
        removeOlderThan(KEEP_DRAFTS, "draft-*");
    }

    private void removeOlderThan(Duration age, String names) throws IOException {
        FileTime oldest = FileTime.from(Instant.now().minus(age));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(file.getParent(), names)) {
            for (Path old : files) {
                if (Files.getLastModifiedTime(old).compareTo(oldest) < 0) {
                    Files.deleteIfExists(old);
                }
            }
        }
    }

    /** What a child does in the rehearsal that the archive records: a little of everything that children often do. */
    static void rehearse(int number) throws ClassNotFoundException {
        try (Value<Object> value = Value.of('i', number)) {
            value.setInt(value.getInt() + 1);
        }
        new Exception("rehearsal").printStackTrace(System.err);
        System.out.println(Multiprocessing.currentProcess() + " of " + Multiprocessing.parentProcess());
        for (String rarer : List.of("ForkServerMain", "ForkedChild", "posix.LiveFork")) {
            Class.forName("org.multiprocessing4j." + rarer);
        }
    }

    /** Not of the numbered processes: the user's keep their names. */
    private static Process rehearsing() {
        Process.Target1<Integer> function = ClassArchive::rehearse;
        byte[] authkey = ProcessTable.current().authkey();
        return new Process(
                null, "rehearsal", false, authkey, new int[] {0}, Posix.getpid(), new Call.Of1<>(function, 1));
    }

    /** Runs children that only rehearse. Ends with this JVM, and takes its files along. */
    private final class Rehearsal implements AutoCloseable {

        private final List<Path> drafts;
        private final Thread atExit = new Thread(this::abandon);
        private volatile Popen running;

        Rehearsal(Path... drafts) {
            this.drafts = List.of(drafts);
            Runtime.getRuntime().addShutdownHook(atExit);
        }

        void run(String... options) throws IOException {
            List<String> command = new ArrayList<>(SILENT);
            command.add(java.toString());
            command.addAll(flags);
            command.addAll(List.of(options));
            command.addAll(List.of("-cp", jar.toString(), SpawnMain.class.getName()));
            Popen child;
            try (Handover nothing = new Handover()) {
                child = WaitingJvm.start(command).give(Spawn.serialize(rehearsing(), nothing), nothing);
            }
            running = child;
            if (child.await(MAKE_LIMIT) == null) {
                child.signal(Posix.SIGKILL);
                child.await(null);
            }
            child.close();
        }

        private void abandon() {
            Popen child = running;
            if (child != null) {
                child.signal(Posix.SIGKILL);
            }
            for (Path draft : drafts) {
                try {
                    Files.deleteIfExists(draft);
                } catch (IOException e) {
                    LOG.log(System.Logger.Level.DEBUG, "left behind: " + draft, e);
                }
            }
        }

        @Override
        public void close() {
            abandon();
            try {
                Runtime.getRuntime().removeShutdownHook(atExit);
            } catch (IllegalStateException e) {
                LOG.log(System.Logger.Level.DEBUG, "the JVM ends already", e);
            }
        }
    }
}
