package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.StartMethods;

/**
 * Random operations of threads and processes, step by step beside a model. A failure tells what was done, and the seed
 * with which {@code -Dmp4j.seed=N} does it again.
 */
class SyncModelTest {

    private static final int THREADS = 2;
    private static final int PROCESSES = 2;
    private static final int STEPS = 250;
    private static final int MOST_STEPS = 100 * STEPS;
    private static final Duration MOMENT = Duration.ofMillis(1);
    private static final long LOOK = 20_000;

    private static final ThreadLocal<SemLock.Guard> HELD = new ThreadLocal<>();

    private final long seed = Long.getLong("mp4j.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final List<String> story = new ArrayList<>();

    @StartMethods
    void lock(Context ctx) throws Exception {
        Lock lock = new Lock();
        play(ctx, new SyncModel.OfLock(false), operation -> perform(lock, operation), () -> "locked " + lock.locked());
    }

    @StartMethods
    void rlock(Context ctx) throws Exception {
        RLock lock = new RLock();
        play(ctx, new SyncModel.OfLock(true), operation -> perform(lock, operation), () -> "locked " + lock.locked());
    }

    private static long perform(SemLock lock, int operation) throws Exception {
        return switch (operation) {
            case 0 -> SyncModel.number(lock.acquire());
            case 1 -> SyncModel.number(lock.tryLock());
            case 2 -> SyncModel.number(lock.acquire(Duration.ZERO));
            case 3 -> SyncModel.number(lock.tryLock(1, TimeUnit.MILLISECONDS));
            case 4 -> done(lock::release);
            default -> SyncModel.number(lock.locked());
        };
    }

    private static long done(Runnable operation) {
        operation.run();
        return SyncModel.DONE;
    }

    @StartMethods
    void semaphore(Context ctx) throws Exception {
        Semaphore semaphore = new Semaphore(1);
        play(ctx, new SyncModel.OfSemaphore(1, Integer.MAX_VALUE), operation -> perform(semaphore, operation),
                () -> "value " + semaphore.getValue());
    }

    @StartMethods
    void boundedSemaphore(Context ctx) throws Exception {
        Semaphore semaphore = new BoundedSemaphore(2);
        play(ctx, new SyncModel.OfSemaphore(2, 2), operation -> perform(semaphore, operation),
                () -> "value " + semaphore.getValue());
    }

    private static long perform(Semaphore semaphore, int operation) throws Exception {
        return switch (operation) {
            case 0 -> SyncModel.number(semaphore.acquire());
            case 1 -> {
                HELD.set(semaphore.hold());
                yield SyncModel.YES;
            }
            case 2 -> SyncModel.number(semaphore.acquire(false));
            case 3 -> SyncModel.number(semaphore.acquire(Duration.ZERO));
            case 4 -> SyncModel.number(semaphore.tryAcquire(1, TimeUnit.MILLISECONDS));
            case 5 -> done(semaphore::release);
            case 6 -> done(HELD.get() == null ? semaphore::release : HELD.get()::close);
            default -> semaphore.getValue();
        };
    }

    @StartMethods
    void condition(Context ctx) throws Exception {
        Condition condition = new Condition();
        play(ctx, new SyncModel.OfCondition(), operation -> perform(condition, operation),
                () -> "locked " + condition.getLock().locked() + ", "
                        + condition.toString().replaceAll(".*, (\\d+)\\)>", "$1") + " wait");
    }

    private static long perform(Condition condition, int operation) throws Exception {
        return switch (operation) {
            case 0 -> SyncModel.number(condition.acquire());
            case 1 -> SyncModel.number(condition.acquire(false));
            case 2 -> SyncModel.number(condition.acquire(MOMENT));
            case 3 -> done(condition::release);
            case 4 -> awaited(condition);
            case 5 -> SyncModel.number(condition.await(Duration.ZERO));
            case 6 -> SyncModel.number(condition.await(MOMENT));
            case 7 -> done(() -> condition.signal(0));
            case 8 -> done(condition::signal);
            case 9 -> done(() -> condition.signal(2));
            case 10 -> done(condition::signalAll);
            default -> SyncModel.number(condition.getLock().locked());
        };
    }

    private static long awaited(Condition condition) throws InterruptedException {
        condition.await();
        return SyncModel.YES;
    }

    @StartMethods
    void event(Context ctx) throws Exception {
        Event event = new Event();
        play(ctx, new SyncModel.OfEvent(), operation -> perform(event, operation), () -> "set " + event.isSet());
    }

    private static long perform(Event event, int operation) throws Exception {
        return switch (operation) {
            case 0 -> done(event::set);
            case 1 -> done(event::clear);
            case 2 -> SyncModel.number(event.isSet());
            case 6 -> SyncModel.number(event.await(Duration.ZERO));
            case 7 -> SyncModel.number(event.await(MOMENT));
            default -> SyncModel.number(event.await());
        };
    }

    @StartMethods
    void barrier(Context ctx) throws Exception {
        Barrier barrier = new Barrier(3);
        play(ctx, new SyncModel.OfBarrier(3), operation -> perform(barrier, operation),
                () -> "broken " + barrier.broken() + ", " + barrier.nWaiting() + " wait");
    }

    private static long perform(Barrier barrier, int operation) throws Exception {
        return switch (operation) {
            case 4 -> barrier.await(Duration.ZERO);
            case 5 -> barrier.await(MOMENT);
            case 6 -> done(barrier::abort);
            case 7 -> done(barrier::reset);
            case 8 -> SyncModel.number(barrier.broken());
            case 9 -> barrier.nWaiting();
            default -> barrier.await();
        };
    }

    /** Plays so many steps, and then on until nobody blocks any more. */
    private void play(Context ctx, SyncModel model, SyncActors.Script script, Supplier<String> state)
            throws Exception {
        try (SyncActors actors = new SyncActors(ctx, script, THREADS, PROCESSES)) {
            for (int step = 0; step < STEPS || !model.blocked.isEmpty(); step++) {
                assertThat(step).as("ends; seed %d", seed).isLessThan(MOST_STEPS);
                step(actors, model, step < STEPS);
                await(() -> state.get().equals(model.state()), () -> state.get() + " should be " + model.state());
                model.blocked.keySet().forEach(actor -> check(!actors.isDone(actor), "actor " + actor + " goes on"));
            }
        }
    }

    private void step(SyncActors actors, SyncModel model, boolean mayBlock) {
        List<Integer> idle = new ArrayList<>();
        for (int actor = 0; actor < actors.count(); actor++) {
            if (!model.blocked.containsKey(actor)) {
                idle.add(actor);
            }
        }
        int actor = idle.get(random.nextInt(idle.size()));
        int operation = random.nextInt(model.operations().size());
        String name = model.operations().get(operation);
        if (!model.makesSense(actor, name, !mayBlock) || !(mayBlock && idle.size() > 1) && mayBlock(name)) {
            return;
        }
        story.add(actor + " " + name);
        actors.ask(actor, operation);
        Long answer = model.start(actor, name);
        if (answer != null) {
            expect(actors, actor, answer);
        }
        for (List<Integer> next = model.candidates(); !next.isEmpty(); next = model.candidates()) {
            List<Integer> candidates = next;
            await(() -> candidates.stream().anyMatch(actors::isDone), () -> "none of " + candidates + " goes on");
            int one = candidates.stream().filter(actors::isDone).findFirst().orElseThrow();
            story.add(one + " goes on");
            expect(actors, one, model.blocked.get(one));
            model.granted(one);
        }
    }

    private static boolean mayBlock(String operation) {
        return List.of("acquire", "hold", "await").contains(operation);
    }

    private void expect(SyncActors actors, int actor, long answer) {
        await(() -> actors.isDone(actor), () -> "actor " + actor + " blocks");
        check(actors.answer(actor) == answer,
                "actor " + actor + " is answered " + actors.answer(actor) + ", not " + answer);
    }

    private void await(BooleanSupplier condition, Supplier<String> complaint) {
        long deadline = System.nanoTime() + Gate.PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                check(false, complaint.get());
            }
            LockSupport.parkNanos(LOOK);
        }
    }

    private void check(boolean right, String complaint) {
        List<String> last = story.subList(Math.max(0, story.size() - 30), story.size());
        assertThat(right).as("%s; seed %d, after %s", complaint, seed, last).isTrue();
    }
}
