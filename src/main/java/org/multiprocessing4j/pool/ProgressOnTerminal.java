package org.multiprocessing4j.pool;

import java.util.concurrent.atomic.AtomicBoolean;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** A progress bar. The one class that needs the library for it, which programs may leave out. */
final class ProgressOnTerminal implements Progress {

    private final ProgressBar bar;
    private final AtomicBoolean closed = new AtomicBoolean();

    ProgressOnTerminal(String label, long total) {
        bar = new ProgressBarBuilder().setTaskName(label).setInitialMax(total).build();
    }

    @Override
    public void step(int items) {
        bar.stepBy(items);
    }

    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            bar.close();
        }
    }
}
