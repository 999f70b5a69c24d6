package org.multiprocessing4j.pool;

/** How far a call has got, on stderr. Used by one thread at a time, but closed by any. */
interface Progress {

    /** So many items are done more. */
    void step(int items);

    /** There are no more. Closing again does nothing. */
    void close();

    /**
     * A bar on a terminal, if there is the library for it, and otherwise a line now and then.
     *
     * @param label null: nothing is shown
     * @param total negative: it is not known
     */
    static Progress of(String label, long total) {
        if (label == null) {
            return new None();
        }
        return System.console() != null && hasBars() ? new ProgressOnTerminal(label, total) : new Lines(label, total);
    }

    private static boolean hasBars() {
        try {
            Class.forName("me.tongfei.progressbar.ProgressBar");
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** Nobody wants to know. */
    final class None implements Progress {
        @Override
        public void step(int items) {
            // nobody wants to know
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    /** A line for each tenth, or each doubling if the end is not known. */
    final class Lines implements Progress {
        private static final int PARTS = 10;

        private final String label;
        private final long total;
        private long done;
        private long said;
        private volatile boolean closed;

        Lines(String label, long total) {
            this.label = label;
            this.total = total;
        }

        @Override
        public void step(int items) {
            done += items;
            long part = total > 0 ? done * PARTS / total : Long.SIZE - Long.numberOfLeadingZeros(done);
            if (part > said) {
                said = part;
                System.err.println(label + ": " + done + (total > 0 ? " of " + total : ""));
            }
        }

        @Override
        public void close() {
            if (!closed && total < 0) {
                System.err.println(label + ": " + done + ", done");
            }
            closed = true;
        }
    }
}
