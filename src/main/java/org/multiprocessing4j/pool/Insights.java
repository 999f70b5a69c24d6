package org.multiprocessing4j.pool;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What the workers of a pool have done so far: whether the load is balanced, and whether the time goes into tasks or
 * into moving bytes.
 *
 * @param workers those that run, in the order of their places in the pool
 * @param restarts how many workers took the place of one that ended
 */
public record Insights(List<Worker> workers, int restarts) {

    /**
     * One worker's share.
     *
     * @param pid its process id; for a thread its number
     * @param tasks how many tasks it has done, that is chunks
     * @param busy how long it has been computing
     * @param waiting how long it has not, since it was ready
     * @param startup from the beginning of its start until it was ready
     * @param bytesSent what was sent to it
     * @param bytesReceived what came back
     */
    public record Worker(
            long pid, long tasks, Duration busy, Duration waiting, Duration startup, long bytesSent,
            long bytesReceived) {}

    /** As JSON: times in seconds. */
    public String toJson() {
        return workers.stream()
                .map(w -> String.format(Locale.ROOT,
                        "{\"pid\": %d, \"tasks\": %d, \"busy\": %.6f, \"waiting\": %.6f, \"startup\": %.6f, "
                                + "\"bytes_sent\": %d, \"bytes_received\": %d}",
                        w.pid, w.tasks, seconds(w.busy), seconds(w.waiting), seconds(w.startup), w.bytesSent,
                        w.bytesReceived))
                .collect(Collectors.joining(", ", "{\"restarts\": " + restarts + ", \"workers\": [", "]}"));
    }

    /** A table. */
    @Override
    public String toString() {
        return workers.stream()
                .map(w -> String.format(Locale.ROOT, "%8d %8d %10.3f %10.3f %10.3f %12d %12d%n", w.pid, w.tasks,
                        seconds(w.busy), seconds(w.waiting), seconds(w.startup), w.bytesSent, w.bytesReceived))
                .collect(Collectors.joining("", String.format("%8s %8s %10s %10s %10s %12s %12s%n", "worker", "tasks",
                        "busy s", "waiting s", "start s", "bytes to", "bytes from"), "restarts: " + restarts));
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}
