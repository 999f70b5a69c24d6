package org.multiprocessing4j.cli.stress;

import java.io.PrintWriter;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how far the trials have come, and what goes wrong in them. Used by one thread. */
public abstract class Progress implements Trial.Listener, AutoCloseable {
    private final PrintWriter err;

    Progress(PrintWriter err) {
        this.err = err;
    }

    /**
     * A bar, or a line now and then.
     *
     * @param terminal whether a bar can be shown, on the standard error stream
     * @param err where the lines go
     */
    public static Progress show(boolean terminal, Plan plan, PrintWriter err) {
        return terminal ? new Bar(plan, err) : new Lines(err);
    }

    /** Says which trial follows. */
    public abstract void begin(Jdk jdk, Collector collector);

    /** Says that a JDK lacks a collector. */
    public void missing(Jdk jdk, Collector collector) {
        say(title(jdk, collector) + ": not in this JDK");
    }

    @Override
    public void trouble(String account) {
        say(account);
    }

    @Override
    public abstract void close();

    final void say(String text) {
        err.println(text);
        err.flush();
    }

    static String title(Jdk jdk, Collector collector) {
        return "JDK " + jdk.version() + " " + collector.id();
    }

    /** A line at the beginning of each trial, and one every some seconds. */
    private static final class Lines extends Progress {
        private static final Duration PERIOD = Duration.ofSeconds(20);

        private long last;

        Lines(PrintWriter err) {
            super(err);
        }

        @Override
        public void begin(Jdk jdk, Collector collector) {
            last = System.nanoTime();
            say(title(jdk, collector));
        }

        @Override
        public void progress(Tally tally) {
            if (System.nanoTime() - last > PERIOD.toNanos()) {
                last = System.nanoTime();
                say(title(tally.jdk(), tally.collector()) + ": " + tally.children() + " children, " + tally.failures()
                        + " failures");
            }
        }

        @Override
        public void close() {
            // nothing is left on the screen
        }
    }

    /** A bar for each trial: of the children, or of the time if their number is not limited. */
    private static final class Bar extends Progress {
        private final Plan plan;
        private ProgressBar bar;
        private long begin;

        Bar(Plan plan, PrintWriter err) {
            super(err);
            this.plan = plan;
        }

        @Override
        public void begin(Jdk jdk, Collector collector) {
            close();
            begin = System.nanoTime();
            bar = new ProgressBarBuilder()
                    .setTaskName(title(jdk, collector))
                    .setInitialMax(isCounted() ? plan.children() : plan.time().toSeconds())
                    .setStyle(ProgressBarStyle.ASCII)
                    .clearDisplayOnFinish()
                    .build();
        }

        private boolean isCounted() {
            return plan.children() < Integer.MAX_VALUE;
        }

        @Override
        public void progress(Tally tally) {
            bar.setExtraMessage(tally.failures() + " failures");
            bar.stepTo(isCounted() ? tally.children() : Duration.ofNanos(System.nanoTime() - begin).toSeconds());
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
                bar = null;
            }
        }
    }
}
