package org.multiprocessing4j;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * One fresh JVM that boots while nobody waits for it: a program that starts one child after another gets the next one
 * from here, and waits for half of its start-up at most. Nothing has run in it. It ends with this process, and when
 * nobody has asked for it for some seconds.
 */
final class SpawnStandby {

    /** Set to false to keep none. */
    static final String PROPERTY = "org.multiprocessing4j.standby";

    private static final long IDLE_SECONDS = 5;

    /** Another one after a live fork: what the parent's thread had locked is of no concern here. */
    private static volatile SpawnStandby instance = new SpawnStandby();

    static {
        Posix.registerAtFork(null, null, SpawnStandby::forgetParents);
    }

    private final int owner = Posix.getpid();
    private volatile WaitingJvm standby;
    private List<String> commandOfStandby;
    private long lastLaunch;
    private boolean launchedBefore;
    private boolean ending;

    private SpawnStandby() {}

    /** The one of this process. */
    static SpawnStandby instance() {
        return instance;
    }

    private static void forgetParents() {
        WaitingJvm parents = instance.standby;
        instance = new SpawnStandby();
        if (parents != null) {
            parents.forget();
        }
    }

    /** The JVM that stands by, if it was started by that very command; else a new one. */
    synchronized WaitingJvm take(List<String> command) {
        WaitingJvm ready = standby;
        standby = null;
        if (ready != null && (!commandOfStandby.equals(command) || !ready.isWaiting())) {
            ready.drop();
            ready = null;
        }
        return ready != null ? ready : WaitingJvm.start(command);
    }

    /** Starts the next one, if children follow each other quickly. */
    synchronized void refill(List<String> command) {
        long now = System.nanoTime();
        boolean soon = launchedBefore && now - lastLaunch < TimeUnit.SECONDS.toNanos(IDLE_SECONDS);
        launchedBefore = true;
        lastLaunch = now;
        if (soon && standby == null && !ending && Boolean.parseBoolean(System.getProperty(PROPERTY, "true"))) {
            try {
                standby = WaitingJvm.start(command);
                commandOfStandby = command;
                dropWhenIdle();
            } catch (OSException e) {
                // No failure of the child that was asked for, and runs.
                System.getLogger("org.multiprocessing4j").log(System.Logger.Level.DEBUG, "no JVM stands by", e);
            }
        }
    }

    private void dropWhenIdle() {
        CompletableFuture.delayedExecutor(IDLE_SECONDS, TimeUnit.SECONDS).execute(this::dropIfIdle);
    }

    private synchronized void dropIfIdle() {
        if (owner != Posix.getpid()) {
            return; // the parent's
        }
        if (standby != null && System.nanoTime() - lastLaunch >= TimeUnit.SECONDS.toNanos(IDLE_SECONDS)) {
            drop();
        } else if (standby != null) {
            dropWhenIdle();
        }
    }

    /** At the end of this JVM. */
    synchronized void end() {
        ending = true;
        drop();
    }

    private void drop() {
        if (standby != null) {
            standby.drop();
            standby = null;
        }
    }
}
