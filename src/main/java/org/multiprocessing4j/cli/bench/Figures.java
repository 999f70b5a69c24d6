package org.multiprocessing4j.cli.bench;

import static org.multiprocessing4j.cli.bench.Role.LIMIT;
import static org.multiprocessing4j.cli.bench.Role.PYTHON;
import static org.multiprocessing4j.cli.bench.Target.atMost;
import static org.multiprocessing4j.cli.bench.Unit.BYTES;
import static org.multiprocessing4j.cli.bench.Unit.KIBIBYTES;
import static org.multiprocessing4j.cli.bench.Unit.MILLISECONDS;
import static org.multiprocessing4j.cli.bench.Unit.NANOSECONDS;
import static org.multiprocessing4j.cli.bench.Unit.PERCENT;

import java.util.Collection;
import java.util.List;

/**
 * All figures, in the order in which they are measured. A new one is a line here and its loop in each peer that can
 * measure it (src/bench): a peer that does not list a figure simply has no number for it.
 */
public final class Figures {
    /** From here on the JVM itself starts so fast that spawn should keep up with CPython's. */
    private static final int FAST_STARTING_JDK = 25;

    private static final List<Figure> ALL = List.of(
            new Figure("start.fork", MILLISECONDS, atMost(1.5, PYTHON)),
            new Figure("start.forkserver", MILLISECONDS, atMost(1.0 / 5, PYTHON)),
            new Figure("start.forkserver_vs_fork", MILLISECONDS, atMost(1, PYTHON)),
            new Figure("start.spawn", MILLISECONDS, atMost(spawnFactor(Runtime.version().feature()), PYTHON)),
            new Figure("start.first_statement_fork", MILLISECONDS),
            new Figure("start.first_statement_forkserver", MILLISECONDS, atMost(1)),
            new Figure("start.first_statement_spawn", MILLISECONDS),
            new Figure("memory.idle_child_fork_pss", KIBIBYTES),
            new Figure("memory.idle_child_fork_uss", KIBIBYTES),
            new Figure("memory.idle_child_forkserver_pss", KIBIBYTES),
            new Figure("memory.idle_child_forkserver_uss", KIBIBYTES),
            new Figure("memory.idle_child_spawn_pss", KIBIBYTES),
            new Figure("memory.idle_child_spawn_uss", KIBIBYTES),
            new Figure("value.locked_increment", NANOSECONDS, atMost(1.0 / 8, PYTHON)),
            new Figure("value.raw_get", NANOSECONDS, atMost(3)),
            new Figure("value.raw_get_alloc", BYTES, atMost(0.01)),
            new Figure("value.raw_set", NANOSECONDS, atMost(3)),
            new Figure("value.atomic_add", NANOSECONDS),
            new Figure("array.bulk_copy", MILLISECONDS, atMost(1.2, LIMIT)),
            new Figure("array.get", NANOSECONDS),
            new Figure("array.set", NANOSECONDS),
            new Figure("array.raw_get", NANOSECONDS),
            new Figure("lock.acquire_release", NANOSECONDS, atMost(1.0 / 2, PYTHON), atMost(3, LIMIT)),
            new Figure("lock.rlock_acquire_release", NANOSECONDS),
            new Figure("lock.contended", NANOSECONDS),
            new Figure("lock.hand_off", NANOSECONDS, atMost(1.3, LIMIT)),
            new Figure("sync.semaphore", NANOSECONDS, atMost(1.0 / 2, PYTHON), atMost(3, LIMIT)),
            new Figure("sync.tracked_semaphore", NANOSECONDS, atMost(1.0 / 2, PYTHON), atMost(3, LIMIT)),
            new Figure("sync.semaphore_hand_off", NANOSECONDS, atMost(1.3, LIMIT)),
            new Figure("sync.event", NANOSECONDS),
            new Figure("sync.notify_nobody", NANOSECONDS),
            new Figure("queue.throughput_100B", NANOSECONDS, atMost(1.0 / 20, PYTHON), atMost(3, LIMIT)),
            new Figure("queue.throughput_100_characters", NANOSECONDS, atMost(1.0 / 20, PYTHON)),
            new Figure("queue.pingpong", NANOSECONDS),
            new Figure("simplequeue.throughput_100B", NANOSECONDS),
            new Figure("simplequeue.pingpong", NANOSECONDS, atMost(1.0 / 2, PYTHON)),
            new Figure("pipe.pingpong_64B", NANOSECONDS, atMost(1, PYTHON), atMost(1.3, LIMIT)),
            new Figure("pipe.duplex_pingpong_64B", NANOSECONDS, atMost(1, PYTHON)),
            new Figure("pipe.throughput_64KiB", NANOSECONDS, atMost(1, PYTHON)),
            new Figure("pipe.objects", NANOSECONDS),
            new Figure("pool.map_100k", MILLISECONDS, atMost(1.0 / 2, PYTHON)),
            new Figure("pool.map_20k_chunk1", MILLISECONDS, atMost(1.0 / 10, PYTHON)),
            new Figure("pool.first_result", MILLISECONDS, atMost(1, PYTHON)),
            new Figure("pool.cpu_scaling", PERCENT, atMost(111)));

    private Figures() {}

    /** Returns the groups there are, in order. */
    public static List<String> groups() {
        return ALL.stream().map(Figure::group).distinct().toList();
    }

    /** Returns the figures of some groups, or of all if none is named. */
    public static List<Figure> of(Collection<String> groups) {
        return ALL.stream().filter(figure -> groups.isEmpty() || groups.contains(figure.group())).toList();
    }

    static double spawnFactor(int jdk) {
        return jdk >= FAST_STARTING_JDK ? 1.0 : 1.3;
    }
}
