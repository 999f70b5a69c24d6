package org.multiprocessing4j.cli.stress;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Threads that keep a JVM busy where a fork may hurt: they allocate, compile, load classes, take locks, print, and
 * start threads. Each rests a little after each bit of work, so that all of them get on even on a small machine. They
 * go on until the JVM ends.
 */
final class BusyThreads {
    private static final long REST_NANOS = 300_000;
    private static final int LIVE_BLOCKS = 1_000;
    private static final int BLOCK = 16 << 10;

    private final Object monitor = new Object();
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Integer, String> map = new ConcurrentHashMap<>();
    private final byte[][] live = new byte[LIVE_BLOCKS][];

    /** Starts them. */
    void start() {
        begin("allocates", this::allocate);
        begin("locks", this::takeLocks);
        begin("locks too", this::takeLocks);
        begin("prints", this::print);
        begin("starts threads", ThreadTasks::startAndJoin);
        begin("compiles", this::compile);
        begin("loads classes", this::loadClasses);
    }

    private void begin(String name, Children.Action work) {
        Thread thread = new Thread(() -> {
            try {
                while (true) {
                    work.run();
                    LockSupport.parkNanos(REST_NANOS);
                }
            } catch (Exception e) {
                throw new IllegalStateException("the busy thread that " + name, e);
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void allocate() {
        for (int i = 0; i < LIVE_BLOCKS; i++) {
            byte[] block = new byte[BLOCK];
            if (i % 4 == 0) {
                live[i] = block;
            }
        }
    }

    private void takeLocks() {
        for (int i = 0; i < 1_000; i++) {
            synchronized (monitor) {
                monitor.notifyAll();
            }
            lock.lock();
            try {
                map.merge(i, "x", (old, more) -> old.length() > 9 ? more : old + more);
            } finally {
                lock.unlock();
            }
        }
    }

    private void print() {
        for (int i = 0; i < 50; i++) {
            System.out.println(String.format(Locale.ROOT, "%d %s %.3f", i, monitor, Math.sqrt(i)));
        }
    }

    private void compile() throws ReflectiveOperationException {
        FreshClasses.template(BusyThreads.class.getClassLoader()).applyAsInt(5);
    }

    /** Classes of the class path, by a loader that shares nothing but the open archives with the usual one. */
    private void loadClasses() throws IOException, ClassNotFoundException {
        try (URLClassLoader loader = new URLClassLoader(classPath(), ClassLoader.getPlatformClassLoader())) {
            Class.forName(Template.class.getName(), true, loader);
            Class.forName(Task.class.getName(), true, loader);
        }
    }

    private static URL[] classPath() throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        return urls.toArray(URL[]::new);
    }
}
