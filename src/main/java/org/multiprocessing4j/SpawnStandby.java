package org.multiprocessing4j;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.posix.OSException;

/**
 * One fresh JVM that boots while nobody waits for it: a program that starts one child after another gets the next one
 * from here, and waits for half of its start-up at most. Nothing has run in it. It ends with this process, and when
 * nobody has asked for it for some seconds.
 */
final class SpawnStandby {

    /** Set to false to keep none. */
    static final String PROPERTY = "org.multiprocessing4j.standby";

    private static final long IDLE_SECONDS = 5;

    private static SpawnedJvm standby;
    private static long lastLaunch;
    private static boolean launchedBefore;
    private static boolean ending;

    /** The process that the JVM stands by for. */
    private static int generation;

    private SpawnStandby() {}

    /** The JVM that stands by, if it was started by that very command; else a new one. */
    static synchronized SpawnedJvm take(List<String> command) {
        forgetParents();
        SpawnedJvm ready = standby;
        standby = null;
        if (ready != null && (!ready.command().equals(command) || !ready.isWaiting())) {
            ready.drop();
            ready = null;
        }
        return ready != null ? ready : SpawnedJvm.start(command);
    }

    /** Starts the next one, if children follow each other quickly. */
    static synchronized void refill(List<String> command) {
        long now = System.nanoTime();
        boolean soon = launchedBefore && now - lastLaunch < TimeUnit.SECONDS.toNanos(IDLE_SECONDS);
        launchedBefore = true;
        lastLaunch = now;
        if (soon && standby == null && !ending && Boolean.parseBoolean(System.getProperty(PROPERTY, "true"))) {
            try {
                standby = SpawnedJvm.start(command);
                dropWhenIdle();
            } catch (OSException e) {
                // No failure of the child that was asked for, and runs.
                System.getLogger("org.multiprocessing4j").log(System.Logger.Level.DEBUG, "no JVM stands by", e);
            }
        }
    }

    private static void dropWhenIdle() {
        CompletableFuture.delayedExecutor(IDLE_SECONDS, TimeUnit.SECONDS).execute(() -> {
            synchronized (SpawnStandby.class) {
                if (standby != null && System.nanoTime() - lastLaunch >= TimeUnit.SECONDS.toNanos(IDLE_SECONDS)) {
                    drop();
                } else if (standby != null) {
                    dropWhenIdle();
                }
            }
        });
    }

    /** After a live fork: that one is the parent's. */
    private static void forgetParents() {
        if (generation != Jvm.generation() && standby != null) {
            standby.forget();
            standby = null;
        }
        generation = Jvm.generation();
    }

    /** At the end of this JVM. */
    static synchronized void end() {
        forgetParents();
        ending = true;
        drop();
    }

    private static void drop() {
        if (standby != null) {
            standby.drop();
            standby = null;
        }
    }
}
