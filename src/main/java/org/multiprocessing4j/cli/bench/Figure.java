package org.multiprocessing4j.cli.bench;

import java.util.List;

/**
 * One thing that is measured.
 *
 * @param name    {@code group.figure}, as the peers know it
 * @param unit    what it is given in
 * @param targets the bounds that it should keep
 */
public record Figure(String name, Unit unit, List<Target> targets) {

    Figure(String name, Unit unit, Target... targets) {
        this(name, unit, List.of(targets));
    }

    /** Returns the part of the name before the dot. */
    public String group() {
        return name.substring(0, name.indexOf('.'));
    }
}
