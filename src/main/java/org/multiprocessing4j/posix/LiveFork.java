package org.multiprocessing4j.posix;

import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.MonitorInfo;
import java.lang.management.ThreadInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.multiprocessing4j.bindings.Jvm;

/**
 * What is around a live fork: the hooks of {@code os.register_at_fork}, and the warning that Python's {@code os.fork}
 * gives in a process with several threads.
 */
final class LiveFork {

    /** Each busy worker of a thread pool holds one, which is its own affair. What this library locks is replaced. */
    private static final String WORKER = "java.util.concurrent.ThreadPoolExecutor$Worker";

    private record Hooks(Runnable before, Runnable afterInParent, Runnable afterInChild) {}

    /** What a child does first: the hooks, and then its life if it has one, from which it does not come back. */
    private record Child(Hooks[] hooks, Runnable life, boolean really) implements Runnable {
        @Override
        public void run() {
            Jvm.count_generation(really ? 1 : 0);
            for (Hooks hook : hooks) {
                LiveFork.run(hook.afterInChild);
            }
            if (life != null) {
                life.run();
            }
        }
    }

    private static final List<Hooks> HOOKS = new CopyOnWriteArrayList<>();

    /** Those that there were at the first rehearsal. */
    private static Hooks[] rehearsed;

    /** The threads, by their ids, that were asked what they hold. */
    private static final Set<Long> KNOWN = ConcurrentHashMap.newKeySet();

    /** Never registered: to ask for it tells whether this JVM ends. */
    private static final Thread NO_HOOK = new Thread();

    /** What was warned of. */
    private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

    private LiveFork() {}

    static void register(Runnable before, Runnable afterInParent, Runnable afterInChild) {
        HOOKS.add(new Hooks(before, afterInParent, afterInChild));
    }

    /** @param life what a child does that does not come back; null if fork() is to return there */
    static int fork(boolean sibling, long pidAddress, Runnable life) {
        if (Jvm.is_virtual(Thread.currentThread())) {
            throw new UnsupportedOperationException(
                    "a virtual thread cannot fork: call it in a platform thread, or use Process");
        }
        checkNotEnding();
        Thread[] others = Jvm.application_threads();
        if (others.length > 0) {
            warnOfOthers(others);
        }
        Hooks[] hooks = HOOKS.toArray(Hooks[]::new);
        for (int i = hooks.length - 1; i >= 0; i--) {
            run(hooks[i].before);
        }
        String[] held = new String[1];
        int pid = -1;
        try {
            pid = OSException.check("clone", Jvm.live_fork(sibling, pidAddress, held, new Child(hooks, life, true)));
        } finally {
            if (pid != 0) {
                for (Hooks hook : hooks) {
                    run(hook.afterInParent);
                }
            }
        }
        if (pid != 0 && held[0] != null) {
            logger().log(System.Logger.Level.WARNING,
                    "{0} at fork(): what it has locked stays locked in the child", held[0]);
        }
        return pid;
    }

    /**
     * Goes through a child's beginning, in a process that is none.
     *
     * @param hooks whether also through those that were registered at the first time
     */
    static void rehearse(boolean hooks, Runnable life) {
        if (hooks && rehearsed == null) {
            rehearsed = HOOKS.toArray(Hooks[]::new);
        }
        new Child(hooks ? rehearsed : new Hooks[0], life, false).run();
    }

    private static void checkNotEnding() {
        try {
            Runtime.getRuntime().removeShutdownHook(NO_HOOK);
        } catch (IllegalStateException e) {
            throw new IllegalStateException("can't fork while this JVM ends", e);
        }
    }

    /** As in Python, a hook that fails stops neither the fork nor the other hooks. */
    private static void run(Runnable hook) {
        try {
            if (hook != null) {
                hook.run();
            }
        } catch (Throwable e) { // nothing may leave fork() in a child but its return
            logger().log(System.Logger.Level.ERROR, "a hook of registerAtFork failed", e);
        }
    }

    private static void warnOfOthers(Thread[] all) {
        // Loops until there is something to say: what is linked here for the first time takes longer than the fork.
        Set<Long> others = new HashSet<>();
        List<Long> news = new ArrayList<>();
        for (Thread thread : all) {
            if (isForeign(thread)) {
                others.add(thread.getId());
                if (KNOWN.add(thread.getId())) {
                    news.add(thread.getId());
                }
            }
        }
        KNOWN.retainAll(others); // the others have ended
        if (news.isEmpty()) {
            return; // asking what they hold takes as long as the fork
        }
        if (WARNED.add("")) {
            String names = Arrays.stream(all).filter(LiveFork::isForeign).map(thread -> '"' + thread.getName() + '"')
                    .collect(Collectors.joining(", "));
            logger().log(System.Logger.Level.WARNING, "This process (pid={0}) is multi-threaded, use of fork() may lead"
                    + " to deadlocks in the child: there these threads are gone, with what they have locked: {1}",
                    String.valueOf(Posix.getpid()), names);
        }
        for (ThreadInfo thread : ManagementFactory.getThreadMXBean()
                .getThreadInfo(news.stream().mapToLong(Long::longValue).toArray(), true, true)) {
            if (thread != null) { // it has not ended meanwhile
                Arrays.stream(thread.getLockedMonitors()).forEach(lock -> warnOfLock(thread, lock, place(lock)));
                Arrays.stream(thread.getLockedSynchronizers()).forEach(lock -> warnOfLock(thread, lock, ""));
            }
        }
    }

    /** Neither of this library nor the thread that waits for this JVM's end. */
    private static boolean isForeign(Thread thread) {
        return !thread.getName().startsWith("multiprocessing ") && !thread.getName().equals("DestroyJavaVM");
    }

    private static String place(MonitorInfo lock) {
        return lock.getLockedStackFrame() == null ? "" : ", taken in " + lock.getLockedStackFrame();
    }

    private static void warnOfLock(ThreadInfo thread, LockInfo lock, String place) {
        String type = lock.getClassName();
        boolean harmless = type.equals(WORKER) || type.startsWith("org.multiprocessing4j.");
        if (!harmless && WARNED.add(thread.getThreadName() + '\0' + type)) {
            logger().log(System.Logger.Level.WARNING,
                    "thread \"{0}\" holds {1} at fork(){2}: in the child it is locked for good",
                    thread.getThreadName(), lock, place);
        }
    }

    /** Asked for when there is something to say: it takes as long as a fork. */
    private static System.Logger logger() {
        return System.getLogger("org.multiprocessing4j");
    }
}
