package org.multiprocessing4j.pool;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.RawArray;

/** What the pool knows of a worker process. Guarded by the pool's lock. */
final class Worker {

    /** How many functions a worker keeps: some may have captured much. */
    private static final int FUNCTIONS = 16;

    final int slot;
    final int generation;
    final Claims claims;
    final Landings landings;
    final Queue<byte[]> tasks;
    final long startedAt = System.nanoTime();
    /** What it was sent and has not answered, in the order in which it will. */
    final Deque<Chunk> underway = new ArrayDeque<>();

    Process process;
    boolean ready;
    boolean initializerFailed;
    /** It was told to end, or said that it will. */
    boolean leaving;
    /** When it is killed if it said that it ends, by System.nanoTime(). */
    long killAt;
    /** Why it was killed by the pool; null if it was not. */
    Throwable killedFor;
    int lastSequence;
    int sent;
    /** What was taken back since it answered last still lies in its queue: so many bytes, at least. */
    long stale;

    private final Map<Integer, Function> functions = new LinkedHashMap<>(16, 0.75f, true);
    private long readyAt;
    private long startup;
    private long done;
    private long busy;
    private long bytesSent;
    private long bytesReceived;

    Worker(
            int slot, int generation, RawArray<Long> cells, Exchange exchange, Queue<byte[]> tasks,
            int lastSequence) {
        this.slot = slot;
        this.generation = generation;
        this.claims = new Claims(cells, slot);
        this.landings = new Landings(exchange, cells, claims.firstFreeWord(), generation);
        this.tasks = tasks;
        this.lastSequence = lastSequence;
    }

    /** Writes chunks for it, and the functions that it does not know yet. */
    byte[] message(List<Chunk> chunks) {
        int payload = chunks.stream().mapToInt(chunk -> chunk.payload.length).sum();
        Bytes out = new Bytes(64 + 32 * chunks.size() + payload);
        landings.announce(out);
        for (Chunk chunk : chunks) {
            int start = out.position();
            if (functions.put(chunk.function.id, chunk.function) == null) {
                forgetEldest(out);
                out.putByte(PoolWorker.FUNCTION);
                out.putInt(chunk.function.id);
                out.putByte(chunk.function.arity);
                out.putBlob(chunk.function.serialized());
            }
            chunk.sequence = ++lastSequence;
            out.putByte(PoolWorker.CHUNK);
            out.putInt(chunk.sequence);
            out.putInt(chunk.function.id);
            out.putInt(chunk.items);
            out.putBlob(chunk.payload);
            chunk.messageBytes = out.position() - start;
            bytesSent += chunk.freightBytes();
        }
        sent += chunks.size();
        underway.addAll(chunks);
        byte[] message = out.toArray();
        bytesSent += message.length;
        return message;
    }

    private void forgetEldest(Bytes out) {
        if (functions.size() > FUNCTIONS) {
            Integer eldest = functions.keySet().iterator().next();
            functions.remove(eldest);
            out.putByte(PoolWorker.FORGET);
            out.putInt(eldest);
        }
    }

    /** Takes back what has not begun. */
    Deque<Chunk> revoke() {
        int begun = claims.revoke(lastSequence);
        Deque<Chunk> back = new ArrayDeque<>();
        while (!underway.isEmpty() && underway.peekLast().sequence - begun > 0) {
            Chunk chunk = underway.pollLast();
            back.addFirst(chunk);
            stale += chunk.messageBytes;
            sent--;
        }
        return back;
    }

    /** There is no more to do. */
    void stop() {
        leaving = true;
        tasks.offer(new byte[] {PoolWorker.STOP});
    }

    /** After {@link #revoke()}: what it runs is the last it will. */
    void kill(Throwable why) {
        killedFor = why;
        process.kill();
    }

    void isReady(long nanos) {
        ready = true;
        stale = 0;
        readyAt = System.nanoTime();
        startup = nanos;
    }

    void answered(long nanos, int bytes) {
        done++;
        stale = 0;
        busy += nanos;
        bytesReceived += bytes;
    }

    Insights.Worker insights(long pid) {
        long since = ready ? System.nanoTime() - readyAt : 0;
        return new Insights.Worker(
                pid, done, Duration.ofNanos(busy), Duration.ofNanos(Math.max(0, since - busy)),
                Duration.ofNanos(startup), bytesSent, bytesReceived + landings.carried());
    }
}
