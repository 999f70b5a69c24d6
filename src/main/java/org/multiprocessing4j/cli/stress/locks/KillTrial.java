package org.multiprocessing4j.cli.stress.locks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * One object, a handful of processes that use it, and kills at random moments. After each the others must go on before
 * the dead one is replaced: so whatever it held, or was to say, has to come from the dead. Used by one thread.
 */
public final class KillTrial {
    /** Two for each part in a game, so that one of each is left. */
    private static final int WORKERS = 4;

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration NUDGE = Duration.ofMillis(50);
    private static final long LONGEST_PAUSE = 10_000_000;
    private static final long LONGEST_CATCH = 2_000_000;
    private static final long POLL = 500_000;

    private final Scene scene;
    private final Board board;
    private final Recruiter recruiter;
    private final Duration time;
    private final Random random;
    private final List<Contender> contenders = new ArrayList<>();

    private int kills;
    private int killedInside;
    private int killedWaiting;
    private long roundsOfOthers;
    private long slowest;

    /**
     * A trial.
     *
     * @param time how long processes are killed
     * @param seed chooses who is killed and when
     */
    public KillTrial(Kind kind, Recruiter recruiter, Duration time, long seed) {
        this.scene = Scene.of(kind, WORKERS);
        this.board = scene.board();
        this.recruiter = recruiter;
        this.time = time;
        this.random = new Random(seed);
    }

    /** Something is not as it should be. */
    private static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;

        Failure(String message) {
            super(message);
        }
    }

    /** Runs it to its end, or until something goes wrong. */
    public KillTally run() {
        String trouble = null;
        try {
            for (int slot = 0; slot < WORKERS; slot++) {
                contenders.add(recruiter.start(scene, slot, random));
            }
            long end = System.nanoTime() + time.toNanos();
            while (System.nanoTime() < end) {
                killOne();
            }
            finish();
        } catch (Failure e) {
            trouble = e.getMessage() + describe();
        } finally {
            contenders.forEach(Contender::kill);
        }
        return new KillTally(scene.kind(), kills, killedInside, killedWaiting,
                roundsOfOthers + board.sum(Board.ROUNDS), board.sum(Board.RECOVERIES), board.sum(Board.VIOLATIONS),
                Duration.ofNanos(slowest), trouble);
    }

    private void killOne() throws Failure {
        boolean barrier = scene.kind() == Kind.BARRIER;
        if (barrier) { // of one that never came it knows nothing
            await(slot -> board.get(slot, Board.ROUNDS) > 0, -1, "not all have passed once");
        }
        LockSupport.parkNanos(random.nextLong(LONGEST_PAUSE));
        int victim = random.nextInt(WORKERS);
        catchInTheAct(victim);
        board.set(victim, Board.DOOMED, 1);
        contenders.get(victim).kill();
        count(victim);
        long[] before = IntStream.range(0, WORKERS).mapToLong(slot -> board.get(slot, Board.ROUNDS)).toArray();
        long since = System.nanoTime();
        if (barrier) {
            long generation = board.get(Board.GENERATION);
            await(slot -> board.get(slot, Board.BROKEN) == generation + 1, victim,
                    "the barrier has not broken for all");
            checkRounds(victim);
            mendBarrier(victim);
        } else {
            await(slot -> board.get(slot, Board.ROUNDS) > before[slot], victim, "not all the others go on");
        }
        slowest = Math.max(slowest, System.nanoTime() - since);
        board.enter(victim, Board.OUTSIDE);
        board.set(victim, Board.DOOMED, 0);
        contenders.set(victim, recruiter.start(scene, victim, random));
    }

    /** Mostly it is to be one that holds the object, or waits for it. */
    private void catchInTheAct(int victim) {
        int phase = random.nextInt(3);
        long deadline = System.nanoTime() + LONGEST_CATCH;
        while (phase != Board.OUTSIDE && board.phase(victim) != phase && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
    }

    private void count(int victim) {
        kills++;
        switch (board.phase(victim)) {
            case Board.INSIDE -> killedInside++;
            case Board.WAITING -> killedWaiting++;
            default -> { } // on its way
        }
    }

    /** A round is passed by all or by nobody; only who was killed may not have come to note it. */
    private void checkRounds(int victim) throws Failure {
        long[] rounds = IntStream.range(0, WORKERS).filter(slot -> slot != victim)
                .mapToLong(slot -> board.get(slot, Board.ROUNDS)).distinct().toArray();
        long victims = board.get(victim, Board.ROUNDS);
        long acted = board.get(Board.ACTED);
        if (rounds.length != 1 || victims != rounds[0] && victims != rounds[0] - 1) {
            throw new Failure("some passed a round which others did not");
        }
        if (acted != rounds[0] && acted != rounds[0] + 1) {
            throw new Failure("the action ran " + acted + " times in " + rounds[0] + " rounds");
        }
    }

    private void mendBarrier(int victim) {
        roundsOfOthers += board.sum(Board.ROUNDS);
        scene.barrier().reset();
        for (int slot = 0; slot < WORKERS; slot++) {
            board.set(slot, Board.ROUNDS, 0);
        }
        board.set(victim, Board.BROKEN, 0);
        board.set(Board.ACTED, 0);
        board.add(Board.GENERATION, 1);
    }

    private void finish() throws Failure {
        board.set(Board.END, 1);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (Contender contender : contenders) {
            OptionalInt exitcode = OptionalInt.empty();
            while (exitcode.isEmpty() && System.nanoTime() < deadline) {
                scene.wakeAll();
                exitcode = contender.join(NUDGE);
            }
            if (exitcode.isEmpty() || exitcode.getAsInt() != 0) {
                throw new Failure("process " + contender.pid() + " ends with " + exitcode);
            }
        }
        if (scene.remains() != null) {
            throw new Failure(scene.remains());
        }
    }

    /** Until it is so for all slots but one. */
    private void await(IntPredicate condition, int but, String complaint) throws Failure {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        BooleanSupplier reached =
                () -> IntStream.range(0, WORKERS).allMatch(slot -> slot == but || condition.test(slot));
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new Failure(complaint + " within " + PATIENCE.toSeconds() + " s");
            }
            if (IntStream.range(0, WORKERS).anyMatch(slot -> slot != but && hasEnded(slot))) {
                throw new Failure(complaint + ", since one has ended");
            }
            LockSupport.parkNanos(POLL);
        }
    }

    private boolean hasEnded(int slot) {
        return contenders.get(slot).join(Duration.ZERO).isPresent();
    }

    private String describe() {
        StringBuilder text = new StringBuilder();
        List<String> phases = List.of("outside", "waiting", "inside", "");
        for (int slot = 0; slot < contenders.size(); slot++) {
            Contender contender = contenders.get(slot);
            text.append("\n  ").append(contender.language()).append(" process ").append(contender.pid()).append(": ")
                    .append(phases.get(board.phase(slot))).append(", ").append(board.get(slot, Board.ROUNDS))
                    .append(" rounds").append(board.get(slot, Board.DOOMED) == 0 ? "" : ", killed");
        }
        return text.toString();
    }
}
