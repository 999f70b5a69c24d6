package org.multiprocessing4j.pool;

/** How far a call has got, on stderr: a line for each tenth. Thread-safe by its owner. */
class Progress {

    private static final Progress NONE = new Progress(null, 0);

    private static final int PARTS = 10;

    private final String label;
    private final long total;
    private long done;
    private long said;

    private Progress(String label, long total) {
        this.label = label;
        this.total = total;
    }

    /** @param label null: nothing is shown @param total negative: it is not known */
    static Progress of(String label, long total) {
        return label == null ? NONE : new Progress(label, total);
    }

    void step(int items) {
        if (label == null) {
            return;
        }
        done += items;
        long part = total > 0 ? done * PARTS / total : Long.SIZE - Long.numberOfLeadingZeros(done);
        if (part > said) {
            said = part;
            System.err.println(label + ": " + done + (total > 0 ? " of " + total : ""));
        }
    }

    void close() {
        if (label != null && total < 0) {
            System.err.println(label + ": " + done + ", done");
        }
    }
}
