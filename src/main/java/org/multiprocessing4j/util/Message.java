package org.multiprocessing4j.util;

/**
 * A message that another process of this program will read, while it is made and sent. What this process keeps for who
 * reads it is given back by {@link #close()}, unless it was sent. For one thread.
 */
public final class Message extends Coding implements AutoCloseable {

    /** Null, as with most. */
    private Releases kept;

    /** One that keeps nothing. */
    public Message() {
        super(true);
    }

    /** Adds how something is given back that is kept for the message's reader. */
    public void unlessSent(Runnable release) {
        if (kept == null) {
            kept = new Releases();
        }
        kept.add(release);
    }

    /** The message is there for its reader: so is what is kept for it. */
    public void sent() {
        kept = null;
    }

    /** Gives back what is kept, if the message was not sent. */
    @Override
    public void close() {
        Releases unsent = kept;
        kept = null;
        if (unsent != null) {
            unsent.run();
        }
    }
}
