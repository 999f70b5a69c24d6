package org.multiprocessing4j.pool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.RawArray;

/** What a worker process does. Mirrors {@code pool.worker}. */
final class PoolWorker {

    // To a worker
    static final byte FUNCTION = 'f';
    static final byte CHUNK = 'c';
    static final byte FORGET = 'o';
    static final byte LANDING = 'l';
    static final byte STOP = 's';

    // From a worker
    static final byte READY = 'r';
    static final byte INITIALIZER_FAILED = 'i';
    static final byte RESULT = 'v';

    /** How often the memory is looked at, at most. */
    private static final long MEMORY_INTERVAL = 5_000_000;

    private static final Path STATM = Path.of("/proc/self/statm");
    private static final int PAGE = 4096;

    /** A function that has arrived: read when it is first called, so that it is a task that dies if that kills. */
    private static final class Known {
        final int arity;
        private byte[] serialized;
        private Object code;
        private Throwable obstacle;

        Known(int arity, byte[] serialized) {
            this.arity = arity;
            this.serialized = serialized;
        }

        /** @throws Throwable why it cannot be read: a class is not there, or its own code fails */
        Object code() throws Throwable {
            if (serialized != null) {
                try {
                    code = Function.load(serialized);
                } catch (Throwable e) {
                    obstacle = e;
                }
                serialized = null;
            }
            if (obstacle != null) {
                throw obstacle;
            }
            return code;
        }
    }

    private final int slot;
    private final int generation;
    private final Queue<byte[]> tasks;
    private final Queue<byte[]> results;
    private final Claims claims;
    private final Reach reach;
    private final int cellsFd;
    private final int maxTasks;
    private final long maxMemory;
    private final Map<Integer, Known> functions = new HashMap<>();

    private int done;
    private boolean reaches;
    private long memoryLookedAt;

    private PoolWorker(
            int slot, int generation, Queue<byte[]> tasks, Queue<byte[]> results, RawArray<Long> cells, int cellsFd,
            int maxTasks, long maxMemory) {
        this.slot = slot;
        this.generation = generation;
        this.tasks = tasks;
        this.results = results;
        this.claims = new Claims(cells, slot);
        this.reach = new Reach(cells, claims.firstFreeWord());
        this.cellsFd = cellsFd;
        this.maxTasks = maxTasks;
        this.maxMemory = maxMemory;
    }

    /** The process's target. @param cellsFd the parent's descriptor of the memory that the cells are in */
    static void run(
            int slot, int generation, Queue<byte[]> tasks, Queue<byte[]> results, RawArray<Long> cells, int cellsFd,
            long startedAt, int maxTasks, long maxMemory, Process.Target initializer) throws Exception {
        PoolWorker worker =
                new PoolWorker(slot, generation, tasks, results, cells, cellsFd, maxTasks, maxMemory);
        if (worker.begin(initializer, startedAt)) {
            worker.serve();
        }
    }

    /** All that a worker does, with a task of its own: the fork server's children find it loaded and linked. */
    @SuppressWarnings("unused") // called by name
    private static void rehearse() throws Exception {
        int one = 1;
        Bytes message = new Bytes(64);
        rehearse(message, 1, x -> x);
        rehearse(message, 2, x -> x + one);
        message.putByte(STOP);
        Queue<byte[]> tasks = new Queue<>();
        tasks.put(message.toArray());
        try (RawArray<Long> cells = RawArray.of(CType.LONG, Claims.STRIDE)) {
            run(0, 1, tasks, new Queue<>(), cells, -1, System.nanoTime(), 0, 0, null);
        }
    }

    /** Writes a function and a task for it, as a pool does. */
    private static void rehearse(Bytes message, int number, Task.Of1<Integer, Integer> function) {
        message.putByte(FUNCTION);
        message.putInt(number);
        message.putByte(1);
        message.putBlob(new Function(1, function).serialized());
        Bytes arguments = new Bytes(64);
        Codec.write(arguments, new Object[] {1}, null);
        message.putByte(CHUNK);
        message.putInt(number);
        message.putInt(number);
        message.putInt(1);
        message.putBlob(arguments.toArray());
    }

    private boolean begin(Process.Target initializer, long startedAt) throws InterruptedException {
        try {
            if (initializer != null) {
                initializer.run();
            }
        } catch (Throwable e) {
            Bytes out = message(INITIALIZER_FAILED);
            Codec.writeOutcomes(out, new Object[] {new Codec.Failure(e)}, null);
            results.put(out.toArray());
            return false;
        }
        Bytes out = message(READY);
        out.putLong(System.nanoTime() - startedAt);
        results.put(out.toArray());
        return true;
    }

    private Bytes message(byte kind) {
        Bytes out = new Bytes(64);
        out.putByte(kind);
        out.putInt(slot);
        out.putInt(generation);
        return out;
    }

    private void serve() throws InterruptedException {
        while (handle(new Bytes(tasks.get()))) {
            continue; // a message is some functions and chunks
        }
    }

    /** @return false if that was all */
    private boolean handle(Bytes in) throws InterruptedException {
        while (in.hasMore()) {
            switch (in.getByte()) {
                case FUNCTION -> functions.put(in.getInt(), new Known(in.getByte(), in.getBlob()));
                case LANDING -> reach.land(in, in.getInt() == generation);
                case FORGET -> functions.remove(in.getInt());
                case CHUNK -> {
                    int sequence = in.getInt();
                    Known function = functions.get(in.getInt());
                    int items = in.getInt();
                    int end = in.getInt() + in.position();
                    if (claims.claim(sequence)) {
                        boolean last = compute(sequence, function, items, in);
                        if (last) {
                            return false;
                        }
                    }
                    in.position(end);
                }
                default -> {
                    return false;
                }
            }
        }
        return true;
    }

    /** @return whether this worker is to end now */
    private boolean compute(int sequence, Known function, int items, Bytes in) throws InterruptedException {
        long begin = System.nanoTime();
        Object[] outcomes = outcomes(function, items, in);
        long end = System.nanoTime();
        Thread.interrupted(); // what a task left behind
        boolean last = ++done == maxTasks || isTooLarge(end);
        Bytes out = message(RESULT);
        out.putInt(sequence);
        out.putLong(end - begin);
        out.putByte(last ? 1 : 0);
        int flags = out.position();
        out.putByte(0);
        out.putByte(reaches ? 1 : 0);
        Codec.writeOutcomes(out, outcomes, reach);
        out.putByteAt(flags, reach.sent());
        results.put(out.toArray());
        if (done == 1 && cellsFd >= 0) { // while the first result is on its way
            reaches = reach.isThere(cellsFd);
        }
        return last;
    }

    private Object[] outcomes(Known function, int items, Bytes in) {
        try {
            Object code = function.code();
            return Function.callAll(code, function.arity, items, Codec.read(in, reach));
        } catch (Throwable e) { // one of a class that is not there, or whose own code fails
            Object[] failures = new Object[items];
            Arrays.fill(failures, new Codec.Failure(e));
            return failures;
        }
    }

    private boolean isTooLarge(long now) {
        if (maxMemory <= 0 || now - memoryLookedAt < MEMORY_INTERVAL) {
            return false;
        }
        memoryLookedAt = now;
        try {
            String[] pages = Files.readString(STATM, StandardCharsets.US_ASCII).split(" ");
            return Long.parseLong(pages[1]) * PAGE > maxMemory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
