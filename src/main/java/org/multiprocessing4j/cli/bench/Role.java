package org.multiprocessing4j.cli.bench;

import java.util.Locale;

/** The three who do the same work in a run. */
public enum Role {
    /** Java through this library. */
    JAVA,
    /** CPython's own multiprocessing. */
    PYTHON,
    /** C++ with nothing between it and the kernel that could be left out: the physical limit. */
    LIMIT;

    /** Returns the name in tables and in JSON. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
