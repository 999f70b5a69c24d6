package org.multiprocessing4j.util;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Calls that are so short that counting them would take a good part of their time. Each thread has a {@link Mark}; who
 * closes counts those that are in a call, and these notice when they leave.
 *
 * <p>Who begins a call asks the thing itself whether it is closed, after it made its mark, and by a native call, across
 * which a compiler moves no store.
 */
public abstract class MarkedUses extends Uses<Uses.Use> {

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

    /** From now on whoever asks is told that it is closed. */
    protected abstract void shut();

    /** Begins a call: nothing is freed until it is left. Whether it is closed is still to be seen. */
    public final void begin(Mark mark) {
        mark.set(this);
    }

    /** Ends a call. */
    public final void leave(Mark mark) {
        mark.set(null);
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
            List<Mark> inACall = Mark.of(this);
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
