package org.multiprocessing4j.util;

import java.lang.invoke.VarHandle;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Calls that are so short that counting them would take a good part of their time. Each thread has a {@link Mark}; who
 * closes counts those that are in a call, and these notice when they leave.
 *
 * <p>Who begins a call asks whether it is closed after it made its mark: the thing itself, by a native call, across
 * which a compiler moves no store, or {@link #isOpen}.
 */
public abstract class MarkedUses extends Uses<Uses.Use> {

    private static final AtomicLong MADE = new AtomicLong();

    private final long number = MADE.incrementAndGet();

    /** Those that were in a call when it was closed. */
    private final Map<Mark, Use> late = new HashMap<>();

    private volatile boolean closing;

    /** Uses of something that is open. */
    protected MarkedUses() {
        super(new Use());
    }

    @Override
    protected final Use newUse() {
        return new Use();
    }

    /** Which one this is of those that were made in this process and its ancestors. */
    public final long number() {
        return number;
    }

    /** From now on whoever asks is told that it is closed. */
    protected abstract void shut();

    /** Begins a call: nothing is freed until it is left. Whether it is closed is still to be seen. */
    public final void begin(Mark mark) {
        mark.set(number);
    }

    /**
     * Asks whether it is open after {@link #begin}, if no native call follows that could ask: what is done then does
     * not go on when this is closed already.
     */
    public final boolean isOpen() {
        // The store of the mark is to come first: no compiler moves it across this, and as for the processor see Mark.
        VarHandle.releaseFence();
        return !closing;
    }

    /** Ends a call. */
    public final void leave(Mark mark) {
        mark.set(0);
        VarHandle.releaseFence(); // as in isOpen()
        if (closing) {
            leaveLate(mark);
        }
    }

    private void leaveLate(Mark mark) {
        Use use;
        synchronized (late) {
            use = late.remove(mark);
        }
        if (use != null) {
            leave(use);
        }
    }

    @Override
    public final void close() {
        synchronized (late) {
            closing = true;
            shut();
            List<Mark> inACall = Mark.of(number);
            inACall.removeAll(late.keySet());
            for (Mark mark : inACall) {
                Use use = begin();
                if (use != null) { // else it was closed before: whoever is in a call is being told
                    late.put(mark, use);
                }
            }
        }
        super.close();
    }
}
