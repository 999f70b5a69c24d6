package org.multiprocessing4j.cli.stress.locks;

import static org.multiprocessing4j.cli.stress.locks.Board.INSIDE;
import static org.multiprocessing4j.cli.stress.locks.Board.OUTSIDE;
import static org.multiprocessing4j.cli.stress.locks.Board.WAITING;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.multiprocessing4j.Condition;
import org.multiprocessing4j.SemLock;

/** What a Java process does with the objects until it is killed. src/stress/cpp does the same. */
final class Worker {
    private static final long MICROSECOND = 1_000;
    private static final int SPINS = 200;

    private final Scene scene;
    private final Board board;
    private final int me;
    private final Random random;

    private Worker(Scene scene, int me, long seed) {
        this.scene = scene;
        this.board = scene.board();
        this.me = me;
        this.random = new Random(seed);
    }

    /** The target of the process. */
    static void run(Scene scene, int me, long seed) throws InterruptedException {
        Worker worker = new Worker(scene, me, seed);
        worker.board.enter(me, OUTSIDE);
        switch (scene.kind()) {
            case LOCK, RLOCK -> worker.lock(scene.lock());
            case SEMAPHORE, BOUNDED_SEMAPHORE -> worker.semaphore();
            case CONDITION -> worker.buffer(me % 2 == 0);
            case EVENT -> worker.event(me % 2 == 0);
            case BARRIER -> worker.barrier();
        }
    }

    private void lock(SemLock lock) throws InterruptedException {
        while (!board.ended()) {
            board.enter(me, WAITING);
            if (!take(lock)) {
                continue;
            }
            boolean twice = scene.kind() == Kind.RLOCK && lock.acquire();
            inside(lock.recovered());
            board.enter(me, OUTSIDE);
            if (twice) {
                lock.release();
            }
            lock.release();
            goneThrough();
        }
    }

    private boolean take(SemLock lock) throws InterruptedException {
        return switch (random.nextInt(8)) {
            case 0 -> lock.tryLock();
            case 1 -> lock.acquire(Duration.ofNanos(random.nextInt(200) * MICROSECOND));
            case 2 -> lock.tryLock(random.nextInt(200), TimeUnit.MICROSECONDS);
            default -> lock.acquire();
        };
    }

    @SuppressWarnings("try") // a guard is there to be closed
    private void semaphore() {
        while (!board.ended()) {
            board.enter(me, WAITING);
            try (SemLock.Guard permit = scene.semaphore().hold()) {
                inside(false);
                board.enter(me, OUTSIDE);
            }
            goneThrough();
        }
    }

    /** Not more than may be are inside, and for a while. */
    private void inside(boolean recovered) {
        board.enter(me, INSIDE);
        if (recovered) {
            board.count(me, Board.RECOVERIES);
        }
        int spins = random.nextInt(SPINS);
        for (int i = 0; i <= spins; i++) {
            if (i % 50 == 0 && board.insideAtOnce() > scene.limit()) {
                board.count(me, Board.VIOLATIONS);
            }
            if (i == spins / 2 && random.nextInt(4) == 0) {
                LockSupport.parkNanos(random.nextInt(200) * MICROSECOND); // so that others have to wait
            }
        }
    }

    private void goneThrough() {
        board.count(me, Board.ROUNDS);
        if (random.nextInt(4) == 0) {
            LockSupport.parkNanos(random.nextInt(100) * MICROSECOND);
        }
    }

    /** Each item and each free place is told of by one signal: one that gets lost holds everything up. */
    @SuppressWarnings("try") // a guard is there to be closed
    private void buffer(boolean produces) throws InterruptedException {
        Condition wanted = produces ? scene.notFull() : scene.notEmpty();
        Condition given = produces ? scene.notEmpty() : scene.notFull();
        while (!board.ended()) {
            board.enter(me, WAITING);
            try (SemLock.Guard held = scene.lock().hold()) {
                entered();
                while (!board.ended() && items() == (produces ? Scene.CAPACITY : 0)) {
                    board.enter(me, WAITING);
                    if (random.nextInt(4) == 0) {
                        wanted.await(Duration.ofNanos(random.nextInt(1000) * MICROSECOND));
                    } else {
                        wanted.await();
                    }
                    entered();
                }
                if (!board.ended()) {
                    board.add(produces ? Board.PRODUCED : Board.CONSUMED, 1);
                    given.signal();
                }
                board.enter(me, OUTSIDE);
            }
            goneThrough();
        }
    }

    /** Whoever gets the lock of a dead one says what that one may have had to say. */
    private void entered() {
        boolean recovered = scene.lock().recovered();
        inside(recovered);
        if (recovered) {
            scene.notEmpty().signal();
            scene.notFull().signal();
        }
        if (items() < 0 || items() > Scene.CAPACITY) {
            board.count(me, Board.VIOLATIONS);
        }
    }

    private long items() {
        return board.get(Board.PRODUCED) - board.get(Board.CONSUMED);
    }

    private void event(boolean sets) throws InterruptedException {
        board.set(me, Board.SETS_DONE, board.get(me, Board.SETS_BEGUN)); // one before this may have been killed
        while (!board.ended()) {
            if (sets) {
                board.enter(me, INSIDE);
                board.count(me, Board.SETS_BEGUN);
                scene.event().set();
                board.count(me, Board.SETS_DONE);
                board.enter(me, OUTSIDE);
                LockSupport.parkNanos(random.nextInt(50) * MICROSECOND);
                scene.event().clear();
                goneThrough();
            } else if (awaitEvent()) {
                goneThrough();
            }
        }
    }

    /** If it was not set, and then was: somebody has been at it since. */
    private boolean awaitEvent() throws InterruptedException {
        long done = board.sum(Board.SETS_DONE);
        boolean wasSet = scene.event().isSet();
        board.enter(me, WAITING);
        boolean set = random.nextInt(4) == 0
                ? scene.event().await(Duration.ofNanos(random.nextInt(500) * MICROSECOND))
                : scene.event().await();
        board.enter(me, OUTSIDE);
        if (set && !wasSet && !board.ended() && board.sum(Board.SETS_BEGUN) <= done) {
            board.count(me, Board.VIOLATIONS);
        }
        return set;
    }

    private void barrier() throws InterruptedException {
        long generation = board.get(Board.GENERATION);
        while (!board.ended()) {
            board.enter(me, WAITING);
            try {
                scene.barrier().await();
                board.enter(me, OUTSIDE);
                board.count(me, Board.ROUNDS);
                LockSupport.parkNanos(random.nextInt(20) * MICROSECOND);
            } catch (BrokenBarrierException e) {
                board.enter(me, OUTSIDE);
                generation = awaitGenerationAfter(generation);
            }
        }
    }

    private long awaitGenerationAfter(long generation) {
        board.set(me, Board.BROKEN, generation + 1);
        while (board.get(Board.GENERATION) == generation && !board.ended()) {
            LockSupport.parkNanos(100 * MICROSECOND);
        }
        return board.get(Board.GENERATION);
    }
}
