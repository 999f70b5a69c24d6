package org.multiprocessing4j.cli.stress;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The garbage collectors that a JVM may have. */
public enum Collector {
    /** One thread. */
    SERIAL("-XX:+UseSerialGC"),
    /** Many threads, the program stopped. */
    PARALLEL("-XX:+UseParallelGC"),
    /** The default of large machines. */
    G1("-XX:+UseG1GC"),
    /** Concurrent; not in every JDK. */
    SHENANDOAH("-XX:+UseShenandoahGC"),
    /** Concurrent, with its heap in shared memory: live fork must refuse it. */
    ZGC("-XX:+UseZGC");

    private final String flag;

    Collector(String flag) {
        this.flag = flag;
    }

    /** The option that chooses it. */
    public String flag() {
        return flag;
    }

    /** Whether a JVM with it can be forked. */
    public boolean isForkable() {
        return this != ZGC;
    }

    /** The name on the command line and in reports. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The collector of a name, in any case. */
    public static Optional<Collector> byId(String id) {
        return Arrays.stream(values()).filter(collector -> collector.id().equalsIgnoreCase(id)).findFirst();
    }

    /** All names, with commas between them. */
    public static String ids() {
        return Arrays.stream(values()).map(Collector::id).collect(Collectors.joining(", "));
    }
}
