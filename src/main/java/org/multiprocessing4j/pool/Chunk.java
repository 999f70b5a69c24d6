package org.multiprocessing4j.pool;

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
    int retriesLeft;
    /** Its number at the worker that has it. */
    int sequence;

    Chunk(Job job, Function function, int index, int items, Object[] arguments) {
        this.job = job;
        this.function = function;
        this.index = index;
        this.items = items;
        this.arguments = arguments;
        this.retriesLeft = job.options.retries();
    }

    /** @throws IllegalArgumentException if something in it is not serializable */
    void encode() {
        function.serialized();
        Bytes out = new Bytes(16 + 9 * arguments.length);
        Codec.write(out, arguments);
        payload = out.toArray();
        arguments = null;
    }

    @Override
    public String toString() {
        return items == 1 ? "task " + index : "tasks " + index + " to " + (index + items - 1);
    }
}
