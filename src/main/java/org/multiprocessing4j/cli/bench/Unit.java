package org.multiprocessing4j.cli.bench;

/** What a figure is given in. Peers answer in nanoseconds (or bytes) per operation. */
public enum Unit {
    /** Nanoseconds per operation. */
    NANOSECONDS("ns", 1),
    /** Milliseconds per operation. */
    MILLISECONDS("ms", 1e-6),
    /** Bytes per operation. */
    BYTES("B", 1);

    private final String symbol;
    private final double scale;

    Unit(String symbol, double scale) {
        this.symbol = symbol;
        this.scale = scale;
    }

    /** Returns whether a peer's answer is a time, from which follows how long its operations took. */
    boolean isTime() {
        return this != BYTES;
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
