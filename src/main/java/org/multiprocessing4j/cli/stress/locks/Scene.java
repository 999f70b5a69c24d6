package org.multiprocessing4j.cli.stress.locks;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;
import org.multiprocessing4j.Barrier;
import org.multiprocessing4j.BoundedSemaphore;
import org.multiprocessing4j.Condition;
import org.multiprocessing4j.Event;
import org.multiprocessing4j.Lock;
import org.multiprocessing4j.RLock;
import org.multiprocessing4j.SemLock;
import org.multiprocessing4j.Semaphore;
import org.multiprocessing4j.SharedHandle;

/**
 * What the workers share: the objects that the kind needs, the others are null.
 *
 * @param limit how many may be inside at a time
 */
public record Scene(
        Kind kind, int limit, Board board, SemLock lock, Semaphore semaphore, Condition notEmpty, Condition notFull,
        Event event, Barrier barrier)
        implements Serializable {

    /** How many items the conditions' buffer holds. */
    static final int CAPACITY = 2;

    private static final int PERMITS = 2;

    static Scene of(Kind kind, int workers) {
        Board board = new Board(workers);
        return switch (kind) {
            case LOCK -> new Scene(kind, 1, board, new Lock("stress"), null, null, null, null, null);
            case RLOCK -> new Scene(kind, 1, board, new RLock("stress"), null, null, null, null, null);
            case SEMAPHORE -> new Scene(kind, PERMITS, board, null, new Semaphore(PERMITS), null, null, null, null);
            case BOUNDED_SEMAPHORE ->
                new Scene(kind, PERMITS, board, null, new BoundedSemaphore(PERMITS), null, null, null, null);
            case CONDITION -> {
                RLock lock = new RLock("stress");
                yield new Scene(kind, 1, board, lock, null, new Condition(lock), new Condition(lock), null, null);
            }
            case EVENT -> new Scene(kind, workers, board, null, null, null, null, new Event(), null);
            case BARRIER -> new Scene(kind, workers, board, null, null, null, null, null,
                    new Barrier(workers, () -> board.add(Board.ACTED, 1)));
        };
    }

    /** The board, and what else there is, as the C++ worker expects it. */
    List<SharedHandle> handles() {
        Stream<SharedHandle> objects = switch (kind) {
            case LOCK, RLOCK -> Stream.of(lock.handle());
            case SEMAPHORE, BOUNDED_SEMAPHORE -> Stream.of(semaphore.handle());
            case CONDITION -> Stream.of(lock.handle(), notEmpty.handle(), notFull.handle());
            case EVENT -> Stream.of(event.handle());
            case BARRIER -> Stream.of(barrier.handle());
        };
        return Stream.concat(Stream.of(board.handle()), objects).toList();
    }

    /** Gets those going that wait for something which will not come, as the others have ended. */
    @SuppressWarnings("try") // a guard is there to be closed
    void wakeAll() {
        switch (kind) {
            case CONDITION -> {
                try (SemLock.Guard held = lock.hold()) {
                    notEmpty.signalAll();
                    notFull.signalAll();
                }
            }
            case EVENT -> event.set();
            case BARRIER -> barrier.abort();
            default -> { } // whoever has it gives it back
        }
    }

    /** What is wrong with it now that nobody uses it any more; null if nothing is. */
    String remains() {
        return switch (kind) {
            case LOCK, RLOCK, CONDITION -> lock.locked() ? "the lock is still taken" : null;
            case SEMAPHORE, BOUNDED_SEMAPHORE -> semaphore.getValue() == PERMITS
                    ? null : "the semaphore has " + semaphore.getValue() + " permits, not " + PERMITS;
            case EVENT, BARRIER -> null; // they hold nothing that could be lost
        };
    }
}
