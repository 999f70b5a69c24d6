package org.multiprocessing4j.cli.bench;

import java.io.PrintWriter;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** Is told how far a run has come. Used by one thread. */
public interface Progress extends AutoCloseable {

    /** Says that a figure is measured from now on. */
    void begin(Figure figure);

    /** Says that one more of the announced steps is done. */
    void step();

    /** Takes what is shown off the screen. */
    @Override
    void close();

    /**
     * Shows a bar, or a line for each figure.
     *
     * @param terminal whether a bar can be shown, on the standard error stream
     * @param steps    how often {@link #step} will be called
     * @param err      where the lines go
     */
    static Progress show(boolean terminal, int steps, PrintWriter err) {
        return terminal ? new Bar(steps) : new Lines(err);
    }

    /** A line for each figure. */
    record Lines(PrintWriter err) implements Progress {
        @Override
        public void begin(Figure figure) {
            err.println("measuring " + figure.name());
            err.flush();
        }

        @Override
        public void step() {
            // only figures are told of
        }

        @Override
        public void close() {
            err.flush();
        }
    }

    /** A bar on the terminal. */
    final class Bar implements Progress {
        private final ProgressBar bar;

        private Bar(int steps) {
            bar = new ProgressBarBuilder()
                    .setTaskName("bench")
                    .setInitialMax(steps)
                    .clearDisplayOnFinish()
                    .build();
        }

        @Override
        public void begin(Figure figure) {
            bar.setExtraMessage(" " + figure.name());
        }

        @Override
        public void step() {
            bar.step();
        }

        @Override
        public void close() {
            bar.close();
        }
    }
}
