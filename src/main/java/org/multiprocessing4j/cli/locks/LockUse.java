package org.multiprocessing4j.cli.locks;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Somebody who holds something or waits for it.
 *
 * @param kind its class: {@code Lock}, {@code Condition} …
 * @param name its name, or empty
 * @param address where it lies: inode and offset of its memory
 * @param waits whether it is waited for, not held
 * @param pid who does
 * @param thread its thread: {@link Thread#getId()}, negative a kernel thread's id, 0 if it is not known
 * @param alive whether the process runs
 * @param count how often it is held, or how many permits
 * @param waitingNanos how long it has been waited for; 0 if that is not known
 */
public record LockUse(
        String kind, String name, String address, boolean waits, int pid, long thread, boolean alive, long count,
        long waitingNanos) {

    /** From the native library's line, its fields separated by tabs. */
    static LockUse parse(String line) {
        String[] fields = line.split("\t", -1);
        return new LockUse(fields[0], fields[1], fields[2], fields[3].equals("waits"), Integer.parseInt(fields[4]),
                Long.parseLong(fields[5]), fields[6].equals("alive"), Long.parseLong(fields[7]),
                Long.parseLong(fields[8]));
    }

    /** For JSON, under the names of the components. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("kind", kind);
        map.put("name", name);
        map.put("address", address);
        map.put("waits", waits);
        map.put("pid", pid);
        map.put("thread", thread);
        map.put("alive", alive);
        map.put("count", count);
        map.put("waitingNanos", waitingNanos);
        return map;
    }
}
