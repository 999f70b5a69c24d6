package org.multiprocessing4j.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Pipe;
import org.multiprocessing4j.posix.Posix;

/** A thread that waits for the ends of workers, by their sentinels, and does what takes time meanwhile. */
final class WorkerWatch {

    private static final byte[] SIGNAL = {1};
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

    private final Pipe wakeUp = Posix.pipe();
    private final Queue<Runnable> errands = new ConcurrentLinkedQueue<>();
    private final List<Worker> watched = new ArrayList<>();
    private final Consumer<Worker> ended;
    private final Consumer<Throwable> failed;
    private final Thread thread;
    private volatile boolean over;

    /**
     * Not started yet.
     *
     * @param ended hears, in this thread, of each worker that has ended, which is reaped
     * @param failed hears what those who hear of it, and errands, fail with; the watch goes on
     */
    WorkerWatch(String name, Consumer<Worker> ended, Consumer<Throwable> failed) {
        this.ended = ended;
        this.failed = failed;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** For before the start, and for errands. */
    void add(Worker worker) {
        watched.add(worker);
    }

    /** Before the start: those that were added are not watched. */
    void forget() {
        watched.clear();
    }

    /** Has something done in the thread. */
    synchronized void run(Runnable errand) {
        errands.add(errand);
        if (!over) {
            Posix.writeAll(wakeUp.writer(), SIGNAL);
        }
    }

    /** Ends the thread once it has nothing to watch. */
    void end() {
        run(() -> over = true);
    }

    void join(long millis) throws InterruptedException {
        thread.join(millis);
    }

    private void run() {
        while (!over) {
            try {
                await();
                for (Runnable errand = errands.poll(); errand != null; errand = errands.poll()) {
                    errand.run();
                }
            } catch (RuntimeException | Error e) {
                failed.accept(e);
                LockSupport.parkNanos(PAUSE); // perhaps it fails again, and at once
            }
        }
        closePipe();
    }

    private synchronized void closePipe() {
        Posix.close(wakeUp.reader());
        Posix.close(wakeUp.writer());
    }

    private void await() {
        int[] descriptors = new int[watched.size() + 1];
        byte[] ready = new byte[descriptors.length];
        descriptors[0] = wakeUp.reader();
        for (int i = 0; i < watched.size(); i++) {
            descriptors[i + 1] = watched.get(i).process.sentinel();
        }
        OSException.check(Native.wait_any_readable(descriptors, ready, descriptors.length, -1));
        if (ready[0] != 0) {
            Posix.read(wakeUp.reader(), new byte[64]);
        }
        for (int i = watched.size() - 1; i >= 0; i--) {
            if (ready[i + 1] != 0) {
                Worker worker = watched.remove(i);
                worker.process.join();
                ended.accept(worker);
            }
        }
    }
}
