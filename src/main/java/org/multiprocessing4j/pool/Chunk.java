package org.multiprocessing4j.pool;

import java.util.Arrays;

/** Some items of a call, which one worker computes in one go: what CPython calls a task. */
final class Chunk {
    final Job job;
    final Function function;
    /** The first item's among the call's. */
    final int index;
    final int items;
    /** {@code items} times as many as the function has parameters; null once they are in {@link #payload}. */
    Object[] arguments;
    byte[] payload;
    private Exchange.Freight freight;
    int retriesLeft;
    /** Its number at the worker that has it. */
    int sequence;
    /** What it takes in the queue of that worker. */
    int messageBytes;

    Chunk(Job job, Function function, int index, int items, Object[] arguments) {
        this.job = job;
        this.function = function;
        this.index = index;
        this.items = items;
        this.arguments = arguments;
        this.retriesLeft = job.options.retries();
    }

    /**
     * Writes the arguments, large arrays into shared memory.
     *
     * @throws IllegalArgumentException if something in it is not serializable
     */
    void encode(Exchange exchange) {
        function.serialized();
        freight = new Exchange.Freight(exchange);
        Bytes out = new Bytes(16 + 9 * arguments.length);
        Codec.write(out, arguments, freight);
        payload = out.toArray();
        arguments = null;
    }

    /** Its results, or {@link Codec.Failure}s in their places. */
    void done(Object[] outcomes) {
        dropped();
        job.done(this, outcomes);
    }

    /** Each of its items fails with that. */
    void failed(Throwable error) {
        Object[] outcomes = new Object[items];
        Arrays.fill(outcomes, new Codec.Failure(error));
        done(outcomes);
    }

    /** How many bytes of its arguments travel beside the payload. */
    long freightBytes() {
        return freight.bytes();
    }

    /** Nobody wants its outcome, and no worker has it. */
    void dropped() {
        if (freight != null) {
            freight.unload();
        }
    }

    @Override
    public String toString() {
        return items == 1 ? "task " + index : "tasks " + index + " to " + (index + items - 1);
    }
}
