package org.multiprocessing4j.cli.bench;

/** What a figure is given in. Peers answer in nanoseconds, or what else it is, per operation. */
public enum Unit {
    /** Nanoseconds per operation. */
    NANOSECONDS("ns", 1, true),
    /** Milliseconds per operation. */
    MILLISECONDS("ms", 1e-6, true),
    /** Bytes per operation. */
    BYTES("B", 1, false),
    /** KiB, as /proc tells of memory. */
    KIBIBYTES("KiB", 1, false),
    /** Of what the same takes otherwise. */
    PERCENT("%", 1, false);

    private final String symbol;
    private final double scale;
    private final boolean time;

    Unit(String symbol, double scale, boolean time) {
        this.symbol = symbol;
        this.scale = scale;
        this.time = time;
    }

    /** Returns whether a peer's answer is a time, from which follows how long its operations took. */
    boolean isTime() {
        return time;
    }

    /** Converts a peer's answer into this unit. */
    double fromAnswer(double answer) {
        return answer * scale;
    }

    /** Returns the symbol in tables and in JSON. */
    @Override
    public String toString() {
        return symbol;
    }
}
