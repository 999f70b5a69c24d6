package org.multiprocessing4j.pool;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs chunks in threads. */
final class ThreadEngine implements Engine {

    /** A thread, and what it has done. */
    private static final class Worker {
        Thread thread;
        Chunk running;
        long begun;
        Throwable stoppedFor;
        long tasks;
        long busy;
        long readyAt;
        long startup;
    }

    private final Object lock = new Object();
    private final Deque<Chunk> pending = new ArrayDeque<>();
    private final List<Worker> workers = new ArrayList<>();
    private final Inputs inputs = new Inputs(this::wakeUp);
    private final Runnable initializer;
    private Thread timer;
    private int alive;
    private boolean closed;
    private boolean terminated;

    ThreadEngine(int threads, Runnable initializer) {
        if (threads < 1) {
            throw new IllegalArgumentException("Number of processes must be at least 1");
        }
        this.initializer = initializer;
        this.alive = threads;
        long start = System.nanoTime();
        for (int i = 0; i < threads; i++) {
            Worker worker = new Worker();
            worker.startup = start;
            worker.thread = new Thread(() -> run(worker), "ThreadPoolWorker-" + (i + 1));
            worker.thread.setDaemon(true);
            workers.add(worker);
        }
        workers.forEach(worker -> worker.thread.start());
    }

    private void run(Worker worker) {
        try {
            if (initializer != null) {
                initializer.run();
            }
            synchronized (lock) {
                worker.readyAt = System.nanoTime();
                worker.startup = worker.readyAt - worker.startup;
            }
            for (Chunk chunk = take(worker); chunk != null; chunk = take(worker)) {
                compute(worker, chunk);
            }
        } finally {
            leave();
        }
    }

    private Chunk take(Worker worker) {
        synchronized (lock) {
            while (pending.isEmpty() && !isDone()) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    continue; // meant for a task that had just ended
                }
            }
            Thread.interrupted(); // what a callback left behind
            worker.running = pending.poll();
            worker.begun = System.nanoTime();
            worker.stoppedFor = null;
            if (worker.running != null && worker.running.job.options.timeout() != null) {
                startTimer();
            }
            return worker.running;
        }
    }

    private boolean isDone() {
        return terminated || closed && inputs.areEnded();
    }

    private void wakeUp() {
        synchronized (lock) {
            lock.notifyAll();
        }
    }

    private void compute(Worker worker, Chunk chunk) {
        Object[] outcomes =
                Function.callAll(chunk.function.code(), chunk.function.arity, chunk.items, chunk.arguments);
        Throwable stoppedFor;
        synchronized (lock) {
            worker.running = null;
            worker.tasks++;
            worker.busy += System.nanoTime() - worker.begun;
            stoppedFor = worker.stoppedFor;
            Thread.interrupted(); // what came too late
        }
        if (stoppedFor != null) {
            chunk.failed(stoppedFor);
        } else {
            chunk.done(outcomes);
        }
    }

    private void leave() {
        List<Chunk> orphans = new ArrayList<>();
        synchronized (lock) {
            alive--;
            if (alive == 0) {
                closed = true;
                orphans.addAll(pending); // each thread's initializer has failed
                pending.clear();
            }
            lock.notifyAll();
        }
        orphans.forEach(chunk -> chunk.failed(
                new BrokenPoolException("the pool is broken: its initializer failed in each thread", null)));
    }

    private void startTimer() {
        if (timer == null) {
            timer = new Thread(this::watchTimes, "multiprocessing thread pool timer");
            timer.setDaemon(true);
            timer.start();
        }
        lock.notifyAll();
    }

    private void watchTimes() {
        synchronized (lock) {
            while (alive > 0) {
                long now = System.nanoTime();
                long least = TimeUnit.HOURS.toNanos(1);
                for (Worker worker : workers) {
                    Duration timeout = worker.running == null ? null : worker.running.job.options.timeout();
                    if (timeout != null && worker.stoppedFor == null) {
                        long left = worker.begun + AsyncResult.nanos(timeout) - now;
                        if (left <= 0) {
                            stop(worker, new TimeoutException(worker.running + " took longer than " + timeout));
                        } else {
                            least = Math.min(least, left);
                        }
                    }
                }
                try {
                    lock.wait(least / 1_000_000 + 1);
                } catch (InterruptedException e) {
                    return; // nobody does that
                }
            }
        }
    }

    private static void stop(Worker worker, Throwable why) {
        worker.stoppedFor = why;
        worker.thread.interrupt();
    }

    @Override
    public void submit(Chunk chunk) {
        synchronized (lock) {
            if (!chunk.job.comesInParts() || terminated || alive == 0) {
                checkRunning();
            }
            pending.add(chunk);
            lock.notifyAll();
        }
    }

    @Override
    public void begin() {
        synchronized (lock) {
            checkRunning();
            inputs.begin();
        }
    }

    private void checkRunning() {
        if (closed) {
            throw new IllegalStateException("Pool not running");
        }
    }

    @Override
    public Inputs inputs() {
        return inputs;
    }

    @Override
    public void cancel(Job job, boolean interrupt) {
        synchronized (lock) {
            pending.removeIf(chunk -> chunk.job == job);
            for (Worker worker : workers) {
                if (interrupt && worker.running != null && worker.running.job == job) {
                    stop(worker, new CancellationException("cancelled"));
                }
            }
        }
    }

    @Override
    public int size() {
        return workers.size();
    }

    @Override
    public void checkMayWait() {
        // A task that waits for another one of its pool may well get its result.
    }

    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
    }

    @Override
    public void terminate() {
        List<Chunk> dropped;
        synchronized (lock) {
            closed = true;
            terminated = true;
            dropped = new ArrayList<>(pending);
            pending.clear();
            for (Worker worker : workers) {
                if (worker.running != null) {
                    stop(worker, new CancellationException("the pool was terminated"));
                }
            }
            lock.notifyAll();
        }
        dropped.forEach(
                chunk -> chunk.failed(new CancellationException("the pool was terminated")));
    }

    @Override
    public boolean join(long nanos) throws InterruptedException {
        synchronized (lock) {
            if (!closed) {
                throw new IllegalStateException("Pool is still running");
            }
        }
        return awaitEnd(nanos);
    }

    @Override
    public boolean awaitEnd(long nanos) throws InterruptedException {
        long start = System.nanoTime();
        try {
            synchronized (lock) {
                while (true) {
                    // What ignores its interrupt is left behind: it is a daemon.
                    long most = nanos >= 0 ? nanos : terminated ? TimeUnit.SECONDS.toNanos(5) : Long.MAX_VALUE;
                    long left = most - (System.nanoTime() - start);
                    if (alive == 0 || left <= 0) {
                        return alive == 0;
                    }
                    if (closed && !terminated) {
                        inputs.takeOver();
                    }
                    long millis = left / 1_000_000 + 1;
                    lock.wait(inputs.areEnded() ? millis : Math.min(millis, Inputs.LOOK_MILLIS));
                }
            }
        } finally {
            inputs.giveBack();
        }
    }

    @Override
    public boolean isClosed() {
        synchronized (lock) {
            return closed;
        }
    }

    @Override
    public boolean isEnded() {
        synchronized (lock) {
            return alive == 0;
        }
    }

    @Override
    public Insights insights() {
        synchronized (lock) {
            long now = System.nanoTime();
            return new Insights(workers.stream()
                    .map(w -> new Insights.Worker(
                            w.thread.getId(), w.tasks, Duration.ofNanos(w.busy),
                            Duration.ofNanos(Math.max(0, now - w.readyAt - w.busy)), Duration.ofNanos(w.startup), 0, 0))
                    .toList(), 0);
        }
    }

    @Override
    public String describe() {
        synchronized (lock) {
            return "state=" + (alive == 0 ? "ENDED" : closed ? "CLOSED" : "RUNNING") + " pool_size=" + workers.size();
        }
    }
}
