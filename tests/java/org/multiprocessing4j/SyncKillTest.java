package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.StartMethods;

/** Processes that are killed anywhere, while others go on: at random, from a seed that a failure tells. */
class SyncKillTest {

    private static final Duration TIME = Duration.ofSeconds(3);
    private static final int WORKERS = 3;

    /** What the workers share. */
    private record Common(RLock lock, Semaphore semaphore, Condition condition, RawValue<Integer> inside,
            RawValue<Long> rounds, RawValue<Integer> violations, Event end) implements java.io.Serializable {
        Common() {
            this(new RLock("common"), new Semaphore(2, "seats"));
        }

        private Common(RLock lock, Semaphore semaphore) {
            this(lock, semaphore, new Condition(lock), RawValue.of(CType.INT, 0), RawValue.of(CType.LONG, 0L),
                    RawValue.of(CType.INT, 0), new Event());
        }

        /** One after the other, so that nobody but the dead can have left the mark of being inside. */
        void round() throws InterruptedException {
            try (SemLock.Guard seat = semaphore.hold(); SemLock.Guard held = lock.hold()) {
                mend();
                if (inside.getAndAdd(1) != 0) {
                    violations.getAndAdd(1);
                }
                rounds.setLong(rounds.getLong() + (seat == held ? 0 : 1));
                condition.signal();
                inside.getAndAdd(-1);
                if (rounds.getLong() % 3 == 0) {
                    condition.await(Duration.ofMillis(2));
                    mend();
                }
            }
        }

        /** Whoever gets the lock of a dead one takes its mark away: here and after each wait for the condition. */
        void mend() {
            if (lock.recovered()) {
                inside.setInt(0);
            }
        }

        /** Waits by the condition, as the workers do. */
        boolean waitFor(BooleanSupplier predicate, Duration timeout) throws InterruptedException {
            try (SemLock.Guard held = lock.hold()) {
                return condition.waitFor(() -> {
                    mend();
                    return predicate.getAsBoolean() && held != null;
                }, timeout);
            }
        }
    }

    private static void work(Common common) throws InterruptedException {
        while (!common.end().isSet()) {
            common.round();
        }
    }

    @StartMethods
    void whoIsLeftGoesOn(Context ctx) throws InterruptedException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Common common = new Common();
        List<Child> workers = new ArrayList<>();
        try {
            long until = System.nanoTime() + TIME.toNanos();
            while (System.nanoTime() < until) {
                while (workers.size() < WORKERS) {
                    workers.add(Child.start(ctx.builder().target(SyncKillTest::work, common).build()));
                }
                long before = common.rounds().getLong();
                common.waitFor(() -> false, Duration.ofMillis(random.nextInt(250)));
                Child victim = workers.remove(random.nextInt(workers.size()));
                victim.close();
                boolean more = common.waitFor(() -> common.rounds().getLong() > before, Gate.PATIENCE);
                assertThat(more).as("goes on after a kill; seed %d", seed).isTrue();
            }
            common.end().set();
            for (Child worker : workers) {
                assertThat(worker.exitcode()).as("seed %d", seed).isZero();
            }
        } finally {
            workers.forEach(Child::close);
        }
        assertThat(common.violations().getInt()).as("seed %d", seed).isZero();
        assertThat(common.lock().locked()).isFalse();
        assertThat(common.semaphore().getValue()).as("no permit lost; seed %d", seed).isEqualTo(2);
    }
}
