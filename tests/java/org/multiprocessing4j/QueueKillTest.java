package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.HangReport;
import org.multiprocessing4j.support.StartMethods;

/**
 * Senders and receivers of queues that are killed at random moments, and replaced, from a seed that a failure tells.
 * Each message arrives whole and once; missing are at most the one that a killed sender was putting and what a killed
 * receiver had in hand; the others go on. {@code -Dmp4j.kill.seconds=N} for each test.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS) // it ends by itself when something hangs
class QueueKillTest {

    private static final double SECONDS = Double.parseDouble(System.getProperty("mp4j.kill.seconds", "2"));

    /** In a round, with one queue. */
    private static final int KILLS = 8;

    /** Two of each, and who takes the place of a dead one. */
    private static final int PROCESSES = 4 + KILLS;

    private static final int LONGEST_PAUSE_MICROS = 5_000;

    private static final long POLL = TimeUnit.MICROSECONDS.toNanos(200);

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    // What happened in all rounds.
    private int kills;
    private long messages;
    private long lost;
    private int inHand;

    @StartMethods
    void onlyWhatTheDeadHadInHandIsLost(Context ctx) throws Exception {
        long end = System.nanoTime() + (long) (SECONDS * 1e9);
        int rounds = 0;
        do {
            try (BasicQueue<byte[]> queue = queue(rounds++)) {
                new Round(ctx, queue).run();
            }
        } while (System.nanoTime() < end);
        System.out.printf("%s: %d rounds, %d kills, %d messages, %d lost in put, %d in the hands of the dead%n",
                ctx.getStartMethod(), rounds, kills, messages, lost, inHand);
        assertThat(kills).isGreaterThanOrEqualTo(rounds * KILLS);
    }

    /** One that grows, one in which the longer messages come in pieces, one for few messages, and a small one. */
    private static BasicQueue<byte[]> queue(int round) {
        return switch (round % 4) {
            case 0 -> new Queue<>();
            case 1 -> new Queue<>(0, 4096);
            case 2 -> new Queue<>(3);
            default -> new SimpleQueue<>();
        };
    }

    /** A sender or a receiver. Its number is its place in the tally. */
    private record Actor(Child child, int number, boolean sends) implements AutoCloseable {
        @Override
        public void close() {
            child.close();
        }
    }

    private final class Round {
        private final Context ctx;
        private final BasicQueue<byte[]> queue;
        private final QueueKillActors.Tally tally = new QueueKillActors.Tally(PROCESSES);
        private final List<Actor> actors = new ArrayList<>();
        private int started;
        private int receiversKilled;

        Round(Context ctx, BasicQueue<byte[]> queue) {
            this.ctx = ctx;
            this.queue = queue;
        }

        void run() throws Exception {
            try {
                for (int i = 0; i < PROCESSES - KILLS; i++) {
                    actors.add(start(i % 2 == 0));
                }
                for (int i = 0; i < KILLS; i++) {
                    awaitProgressOfAll();
                    LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(LONGEST_PAUSE_MICROS)));
                    Actor victim = actors.remove(random.nextInt(actors.size()));
                    kill(victim);
                    actors.add(start(victim.sends));
                }
                awaitProgressOfAll();
                while (!actors.isEmpty()) {
                    kill(actors.remove(0));
                }
                check();
            } finally {
                actors.forEach(Actor::close);
                tally.close();
            }
        }

        private Actor start(boolean sends) {
            Process.Target3<BasicQueue<byte[]>, QueueKillActors.Tally, Integer> target =
                    sends ? QueueKillActors::send : QueueKillActors::receive;
            int number = started++;
            return new Actor(Child.start(ctx.builder().target(target, queue, tally, number).build()), number, sends);
        }

        /** Each sender puts something, and each receiver gets something, whatever became of the others. */
        private void awaitProgressOfAll() {
            int[] before = tally.progress.toIntArray();
            long deadline = System.nanoTime() + Gate.PATIENCE.toNanos();
            for (Actor actor : actors) {
                while (tally.progress.getIntVolatile(actor.number) == before[actor.number]) {
                    assertThat(actor.child.process().exitcode()).as("%s, seed %d", actor, seed).isNull();
                    if (System.nanoTime() > deadline) {
                        throw new AssertionError(
                                actor + " hangs, seed " + seed + "\n" + HangReport.ofChild(actor.child.pid()));
                    }
                    LockSupport.parkNanos(POLL);
                }
            }
        }

        private void kill(Actor actor) {
            try (actor) {
                Posix.kill(actor.child.pid(), Posix.SIGKILL);
                assertThat(actor.child.exitcode()).as("%s, seed %d", actor, seed).isEqualTo(-Posix.SIGKILL);
            }
            kills++;
            receiversKilled += actor.sends ? 0 : 1;
        }

        private void check() throws InterruptedException {
            for (byte[] rest; (rest = queue.poll(100, TimeUnit.MILLISECONDS)) != null;) {
                QueueKillActors.note(rest, tally);
            }
            int missing = 0;
            int begun = 0;
            for (int i = 0; i < started; i++) {
                assertThat(tally.doubled(i)).as("doubled of sender %d, seed %d", i, seed).isZero();
                missing += tally.missing(i);
                begun += tally.begun.getInt(i);
            }
            assertThat(missing).as("one in the hand of each receiver, seed %d", seed).isBetween(0, receiversKilled);
            assertThat(queue.lost()).as("lost, seed %d", seed).isBetween(0L, (long) PROCESSES);
            assertThat(queue.size()).as("size, seed %d", seed).isZero();
            byte[] last = {1, 2, 3};
            assertThat(queue.offer(last, 1, TimeUnit.SECONDS)).isTrue();
            assertThat(queue.poll(1, TimeUnit.SECONDS)).isEqualTo(last);
            messages += begun;
            lost += queue.lost();
            inHand += missing;
        }
    }
}
