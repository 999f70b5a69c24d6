package org.multiprocessing4j;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.multiprocessing4j.bindings.Loader;

/**
 * The command line of a spawned child: this JVM's own flags and class path, and what makes it start quickly. Mirrors
 * {@code spawn.get_command_line} and {@code util._args_from_interpreter_flags}.
 */
final class SpawnCommand {

    /** What a child must not share with its parent: agents, debuggers, ports, recordings, archives. */
    private static final Pattern PARENTS_OWN =
            Pattern.compile(
                    "-(agentlib|agentpath|javaagent):.*|-Xdebug|-Xrun.*|-Xrs|-Xshare:.*|-Xcheck:jni"
                            + "|-Dcom\\.sun\\.management\\.jmxremote.*|-Djdk\\.module\\.main.*|-Dsun\\.java\\..*"
                            + "|-D" + Pattern.quote(Loader.LIBRARY_PROPERTY) + "=.*"
                            + "|-XX:(StartFlightRecording|FlightRecorderOptions|SharedArchiveFile|ArchiveClassesAtExit"
                            + "|SharedClassListFile|AOT\\w*|[+-]AOT\\w*|[+-]AutoCreateSharedArchive"
                            + "|[+-]DebugNonSafepoints)\\b.*");

    /**
     * No file of performance counters (jcmd works without), and class archives mapped where they were made for, which
     * saves relocating them: that flag is a diagnostic one.
     */
    private static final List<String> QUICK_START =
            List.of(
                    "-XX:+IgnoreUnrecognizedVMOptions", "-XX:-UsePerfData", "-XX:+UnlockDiagnosticVMOptions",
                    "-XX:ArchiveRelocationMode=0");

    /** So that terminate() gives -15: the JVM's own handler would exit with 143. A forked child needs no such flag. */
    private static final String DEFAULT_SIGNALS = "-Xrs";

    private static final Pattern COLLECTOR = Pattern.compile("-XX:[+-]Use\\w+GC");

    private static final int FIRST_WITH_SERIAL_ARCHIVE = 21;

    private static final int FIRST_WITH_NATIVE_ACCESS = 22;

    /**
     * The fewest threads, for each child makes them anew: the collector that has none (the environment may name another
     * one), and management's notifications sent by the thread for service.
     */
    private static final List<String> FORK_SERVER = List.of(
            "-XX:-UseParallelGC", "-XX:-UseG1GC", "-XX:-UseZGC", "-XX:-UseShenandoahGC", "-XX:+UseSerialGC",
            "-XX:-UseNotificationThread");

    /** What a fork would copy or share in vain. */
    private static final Pattern NOT_FOR_SERVERS =
            Pattern.compile("-XX:(AllocateHeapAt=.*|[+-](AlwaysPreTouch|UseLargePages|UseNUMA|UseSHM|UseHugeTLBFS))");

    private static final Pattern HEAP_SIZE = Pattern.compile("-Xm[sx].*|-XX:\\w*(HeapSize|RAM\\w*)=.*");

    private static volatile Path executable = Path.of(System.getProperty("java.home"), "bin", "java");

    /** The part that is the same for each child; found once, since asking for the flags takes its time. */
    private static volatile List<String> flags;

    private SpawnCommand() {}

    static void setExecutable(Path java) {
        executable = java.toAbsolutePath();
    }

    /**
     * The command for a child.
     *
     * @throws IllegalStateException if there is no such program
     */
    static List<String> ofChild() {
        return of(SpawnMain.class, flags(), ClassArchive::useInChild);
    }

    /**
     * The command for a fork server: the application's flags, but for its collector.
     *
     * @throws IllegalStateException if there is no such program
     */
    static List<String> ofForkServer() {
        List<String> result = new ArrayList<>(FORK_SERVER);
        if (flags().stream().noneMatch(flag -> HEAP_SIZE.matcher(flag).matches())) {
            result.add("-Xms16m");
        }
        flags().stream()
                .filter(flag -> !flag.equals(DEFAULT_SIGNALS) && !isCollector(flag))
                .filter(flag -> !NOT_FOR_SERVERS.matcher(flag).matches())
                .forEach(result::add);
        return of(ForkServerMain.class, result, ClassArchive::useInServer);
    }

    private static List<String> of(
            Class<?> main, List<String> flags, Function<ClassArchive, List<String>> use) {
        Path java = executable;
        if (!Files.isExecutable(java)) {
            throw new IllegalStateException(
                    "no java at " + java + "; name another with Multiprocessing.setExecutable");
        }
        List<String> command = new ArrayList<>();
        command.add(java.toString());
        command.addAll(flags);
        String classPath = System.getProperty("java.class.path");
        ClassArchive archive = ClassArchive.of(java, flags);
        if (archive != null) {
            command.addAll(use.apply(archive));
            classPath = archive.classPath(classPath);
        }
        if (main.getModule().isNamed()) {
            command.add("-m");
            command.add(main.getModule().getName() + "/" + main.getName());
        } else {
            command.add("-cp");
            command.add(classPath);
            command.add(main.getName());
        }
        return command;
    }

    /**
     * The environment of a child; null for this process's own. Only a variable that would start an agent or a debugger
     * in each JVM is left out: the other flags in it are passed on the command line anyway.
     */
    static List<String> environment() {
        Map<String, String> environment = System.getenv();
        if (!hasAgent(environment.get("JAVA_TOOL_OPTIONS")) && !hasAgent(environment.get("JDK_JAVA_OPTIONS"))) {
            return null;
        }
        return environment.entrySet().stream()
                .filter(entry -> !entry.getKey().matches("JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS"))
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
    }

    private static boolean hasAgent(String options) {
        return options != null
                && Pattern.compile("\\s").splitAsStream(options).anyMatch(SpawnCommand::isParentsOwn);
    }

    private static boolean isParentsOwn(String flag) {
        return PARENTS_OWN.matcher(flag).matches();
    }

    private static boolean isCollector(String flag) {
        return COLLECTOR.matcher(flag).matches();
    }

    private static List<String> flags() {
        List<String> known = flags;
        if (known == null) {
            known = List.copyOf(findFlags());
            flags = known;
        }
        return known;
    }

    private static List<String> findFlags() {
        List<String> own = ManagementFactory.getRuntimeMXBean().getInputArguments();
        List<String> result = new ArrayList<>();
        result.add(DEFAULT_SIGNALS);
        result.addAll(QUICK_START);
        if (Runtime.version().feature() >= FIRST_WITH_SERIAL_ARCHIVE
                && own.stream().noneMatch(SpawnCommand::isCollector)) {
            // The fewest threads. Before, it made the archived objects anew, which took longer than it saved.
            result.add("-XX:+UseSerialGC");
        }
        own.stream().filter(flag -> !isParentsOwn(flag)).forEach(result::add);
        result.add("-D" + Loader.LIBRARY_PROPERTY + "=" + Loader.path());
        boolean named = SpawnMain.class.getModule().isNamed();
        if (Runtime.version().feature() >= FIRST_WITH_NATIVE_ACCESS) {
            result.add("--enable-native-access=" + (named ? SpawnMain.class.getModule().getName() : "ALL-UNNAMED"));
        }
        String mainModule = System.getProperty("jdk.module.main");
        if (named && mainModule != null) {
            result.add("--add-modules=" + mainModule);
        }
        return result;
    }
}
