package org.multiprocessing4j.pool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Which worker gets which chunk: each has as many ahead as take it about a millisecond, and who has nothing gets what
 * another one has not begun. Guarded by the pool's lock.
 */
final class Schedule {

    /** How long work may lie at a worker before it is begun: enough for the parent to be slow. */
    private static final long AHEAD = 2_000_000;
    private static final int MOST_AHEAD = 128;
    private static final int LEAST_AHEAD = 2;

    /** How much that was taken back may lie in the queue of a worker that is busy, which does not take it out. */
    private static final long MOST_STALE = 1 << 20;

    /** Of what was before, in the mean. */
    private static final int WEIGHT = 8;

    private final Worker[] workers;
    private final int maxTasks;
    private final Undelivered undelivered;
    private final Deque<Chunk> pending = new ArrayDeque<>();
    private long meanNanos;

    /** What happens to chunks that cannot be brought to a worker, which may have missed more than those. */
    interface Undelivered {
        void happened(Worker worker, List<Chunk> chunks, Throwable why);
    }

    /** @param workers null where there is none at the moment @param maxTasks for each; 0: any number */
    Schedule(Worker[] workers, int maxTasks, Undelivered undelivered) {
        this.workers = workers;
        this.maxTasks = maxTasks;
        this.undelivered = undelivered;
    }

    void add(Chunk chunk) {
        pending.add(chunk);
    }

    void addFirst(Chunk chunk) {
        pending.addFirst(chunk);
    }

    boolean isEmpty() {
        return pending.isEmpty();
    }

    void remove(Job job) {
        pending.removeIf(chunk -> {
            if (chunk.job == job) {
                chunk.dropped();
            }
            return chunk.job == job;
        });
    }

    List<Chunk> removeAll() {
        List<Chunk> all = new ArrayList<>(pending);
        pending.clear();
        return all;
    }

    /** A chunk took that long. */
    void took(long nanos) {
        meanNanos = Math.max(1, meanNanos == 0 ? nanos : meanNanos + (nanos - meanNanos) / WEIGHT);
    }

    void dispatch() {
        while (!pending.isEmpty() || steal()) {
            Worker worker = neediest();
            if (worker == null) {
                return;
            }
            send(worker);
        }
    }

    /** How many chunks a worker is given ahead. */
    private int ahead() {
        if (meanNanos == 0) {
            return LEAST_AHEAD;
        }
        return (int) Math.max(LEAST_AHEAD, Math.min(MOST_AHEAD, AHEAD / meanNanos));
    }

    private boolean mayTake(Worker worker, int most) {
        return worker != null && !worker.leaving && worker.killedFor == null
                && worker.underway.size() < (worker.ready ? most : 1)
                && (worker.stale <= MOST_STALE || worker.ready && worker.underway.isEmpty())
                && (maxTasks == 0 || worker.sent < maxTasks);
    }

    /** The one that has least, if any has little. */
    private Worker neediest() {
        int little = Math.max(LEAST_AHEAD, ahead() / 2);
        Worker best = null;
        for (Worker worker : workers) {
            if (mayTake(worker, little) && (best == null || load(worker) < load(best))) {
                best = worker;
            }
        }
        return best;
    }

    /** One that is not ready yet has more to do. */
    private static int load(Worker worker) {
        return worker.ready ? worker.underway.size() : MOST_AHEAD + worker.underway.size();
    }

    private void send(Worker worker) {
        int share = Math.max(1, (pending.size() + workers.length - 1) / workers.length);
        int room = worker.ready ? ahead() - worker.underway.size() : 1;
        if (maxTasks > 0) {
            room = Math.min(room, maxTasks - worker.sent);
        }
        List<Chunk> chunks = new ArrayList<>();
        for (int i = Math.max(1, Math.min(share, room)); i > 0 && !pending.isEmpty(); i--) {
            chunks.add(pending.poll());
        }
        try {
            if (!worker.tasks.offer(worker.message(chunks))) {
                throw new IllegalStateException("the queue of a pool's worker is full");
            }
        } catch (RuntimeException | Error e) { // there is no memory, or this is more than a message can be
            worker.underway.removeAll(chunks);
            undelivered.happened(worker, chunks, e);
        }
    }

    void putBack(Deque<Chunk> chunks) {
        for (Chunk chunk = chunks.pollLast(); chunk != null; chunk = chunks.pollLast()) {
            if (chunk.job.isCancelled()) {
                chunk.dropped();
            } else {
                pending.addFirst(chunk);
            }
        }
    }

    /** For a worker that has nothing, takes back what another one has not begun. @return whether there was any */
    private boolean steal() {
        boolean idle = false;
        Worker richest = null;
        for (Worker worker : workers) {
            if (worker != null && worker.ready && mayTake(worker, 1)) {
                idle = true;
            } else if (worker != null && worker.underway.size() >= (worker.ready ? 2 : 1)
                    && (richest == null || worker.underway.size() > richest.underway.size())) {
                richest = worker;
            }
        }
        if (!idle || richest == null) {
            return false;
        }
        putBack(richest.revoke());
        return !pending.isEmpty();
    }
}
