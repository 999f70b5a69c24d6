package org.multiprocessing4j.cli.doctor;

import java.util.List;
import java.util.stream.Stream;

/** The checks that {@code mp4j doctor} makes, each by trying the thing where that is possible. */
public final class Checks {

    private Checks() {}

    /** Makes all checks; blocks for a second or so. */
    public static List<Check> all() {
        return Stream.of(MachineChecks.all(), JvmChecks.all(), ToolChecks.all()).flatMap(List::stream).toList();
    }
}
