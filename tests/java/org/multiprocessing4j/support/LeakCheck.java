package org.multiprocessing4j.support;

import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * Fails each test that leaves descriptors, children, names in /dev/shm or non-daemon threads behind. Children that are
 * left are killed, so that the next test begins afresh. Registered for all tests; they must run one at a time in a JVM.
 */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {

    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakCheck.class);

    private static final int ESRCH = 3;

    /** How long what a Cleaner or an ending thread holds may take to go. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    static {
        Leftovers.now(); // opens what the JDK keeps from the first file on
        startForkServer();
    }

    /** It stays until this JVM ends. */
    private static void startForkServer() {
        if (Multiprocessing.getAllStartMethods().contains("forkserver")) {
            Process first = Multiprocessing.getContext("forkserver").process(null);
            first.start();
            first.join();
            first.close();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(NAMESPACE).put(Leftovers.class, Leftovers.now());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Leftovers before = context.getStore(NAMESPACE).get(Leftovers.class, Leftovers.class);
        if (Leftovers.now().since(before).isEmpty()) {
            return;
        }
        try {
            if (context.getExecutionException().isEmpty()) {
                awaitNothingLeft(before);
            }
        } finally {
            killChildrenSince(before);
        }
    }

    private static void awaitNothingLeft(Leftovers before) {
        try {
            Awaitility.await().pollInSameThread().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20))
                    .atMost(PATIENCE).until(() -> collected(before).isEmpty());
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("left behind: " + String.join("\n  ", Leftovers.now().since(before)), e);
        }
    }

    private static List<String> collected(Leftovers before) {
        System.gc();
        return Leftovers.now().since(before);
    }

    private static void killChildrenSince(Leftovers before) {
        for (int child : Leftovers.now().childrenSince(before)) {
            try {
                Posix.kill(child, Posix.SIGKILL);
            } catch (OSException e) {
                if (e.errno() != ESRCH) {
                    throw e;
                }
            }
        }
    }
}
