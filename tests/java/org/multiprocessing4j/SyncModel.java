package org.multiprocessing4j;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;

/**
 * What an object of synchronisation is to do, in plain Java and for one step at a time. An operation is answered at
 * once, or its actor blocks; and after each step some of those that block may go on, or must.
 */
abstract class SyncModel {

    static final Long YES = 1L;
    static final Long NO = 0L;
    static final Long DONE = 2L;
    static final Long REFUSED = -1L;
    static final Long BROKEN = -2L;
    private static final Long WRONG = -100L;

    /** The actors that block, and what they will be answered. */
    final Map<Integer, Long> blocked = new LinkedHashMap<>();

    /** The names of the operations; an operation is its index. */
    abstract List<String> operations();

    /** @return the answer; null: the actor blocks, and has been put down as such */
    abstract Long start(int actor, String operation);

    /** Of those that block: who may go on now. One of them will, is then {@link #granted}, and the rest asked again. */
    abstract List<Integer> candidates();

    /** The actor has gone on. */
    abstract void granted(int actor);

    /**
     * Whether an operation makes sense now: one whose outcome would be a matter of time does not.
     *
     * @param ending all that block are to go on now
     */
    boolean makesSense(int actor, String operation, boolean ending) {
        return true;
    }

    /** What the object itself says of its state, to be compared. */
    abstract String state();

    final Long block(int actor, long answer) {
        blocked.put(actor, answer);
        return null;
    }

    static Long number(Exception e) {
        return e instanceof IllegalStateException ? REFUSED : e instanceof BrokenBarrierException ? BROKEN : WRONG;
    }

    static Long number(boolean answer) {
        return answer ? YES : NO;
    }

    /** Lock and RLock. */
    static class OfLock extends SyncModel {
        private final boolean recursive;
        int owner = -1;
        int depth;

        OfLock(boolean recursive) {
            this.recursive = recursive;
        }

        @Override
        List<String> operations() {
            return List.of("acquire", "try", "acquire 0", "acquire 1 ms", "release", "locked");
        }

        final boolean isFree() {
            return depth == 0;
        }

        final boolean take(int actor) {
            if (isFree() || recursive && owner == actor) {
                owner = actor;
                depth++;
                return true;
            }
            return false;
        }

        /** At the end its owner gives it up. */
        @Override
        boolean makesSense(int actor, String operation, boolean ending) {
            return !ending || isFree() || owner != actor || !operation.matches("acquire.*|try");
        }

        @Override
        Long start(int actor, String operation) {
            return switch (operation) {
                case "acquire" -> take(actor) ? YES : block(actor, YES);
                case "try", "acquire 0", "acquire 1 ms" -> number(take(actor));
                case "release" -> release(actor);
                case "locked" -> number(!isFree());
                default -> throw new IllegalArgumentException(operation);
            };
        }

        private Long release(int actor) {
            if (isFree() || recursive && owner != actor) {
                return REFUSED;
            }
            depth--;
            return DONE;
        }

        @Override
        List<Integer> candidates() {
            return isFree() ? List.copyOf(blocked.keySet()) : List.of();
        }

        @Override
        void granted(int actor) {
            blocked.remove(actor);
            owner = actor;
            depth = 1;
        }

        @Override
        String state() {
            return "locked " + !isFree();
        }
    }

    /** Condition with an RLock. */
    static final class OfCondition extends OfLock {
        /** In the order in which they came. */
        private final List<Integer> waiting = new ArrayList<>();

        private final Map<Integer, Integer> depths = new HashMap<>();

        OfCondition() {
            super(true);
        }

        @Override
        List<String> operations() {
            return List.of("acquire", "try", "acquire 1 ms", "release", "await", "await 0", "await 1 ms", "signal 0",
                    "signal", "signal 2", "signal all", "locked");
        }

        /** Who gives the lock up for a time finds it free again only if nobody waits for it. */
        @Override
        boolean makesSense(int actor, String operation, boolean ending) {
            return super.makesSense(actor, operation, ending)
                    && (!operation.matches("await \\d.*") || blocked.size() == waiting.size());
        }

        @Override
        Long start(int actor, String operation) {
            boolean mine = !isFree() && owner == actor;
            return switch (operation) {
                case "await" -> mine ? await(actor) : REFUSED;
                case "await 0", "await 1 ms" -> mine ? NO : REFUSED;
                case "signal 0" -> signal(mine, 0);
                case "signal" -> signal(mine, 1);
                case "signal 2" -> signal(mine, 2);
                case "signal all" -> signal(mine, waiting.size());
                default -> super.start(actor, operation);
            };
        }

        private Long await(int actor) {
            depths.put(actor, depth);
            waiting.add(actor);
            depth = 0;
            return block(actor, YES);
        }

        private Long signal(boolean mine, int count) {
            if (mine) {
                waiting.subList(0, Math.min(count, waiting.size())).clear();
            }
            return mine ? DONE : REFUSED;
        }

        @Override
        List<Integer> candidates() {
            return super.candidates().stream().filter(actor -> !waiting.contains(actor)).toList();
        }

        @Override
        void granted(int actor) {
            super.granted(actor);
            Integer before = depths.remove(actor);
            depth = before == null ? 1 : before;
        }

        @Override
        String state() {
            return super.state() + ", " + waiting.size() + " wait";
        }
    }

    /** Semaphore and BoundedSemaphore. */
    static final class OfSemaphore extends SyncModel {
        private final int bound;
        private int value;

        OfSemaphore(int value, int bound) {
            this.value = value;
            this.bound = bound;
        }

        @Override
        List<String> operations() {
            return List.of("acquire", "hold", "try", "acquire 0", "acquire 1 ms", "release", "close", "value");
        }

        private boolean take() {
            boolean some = value > 0;
            value -= some ? 1 : 0;
            return some;
        }

        @Override
        Long start(int actor, String operation) {
            switch (operation) {
                case "acquire", "hold":
                    return take() ? YES : block(actor, YES);
                case "try", "acquire 0", "acquire 1 ms":
                    return number(take());
                case "release", "close":
                    if (value == bound) {
                        return REFUSED;
                    }
                    value++;
                    return DONE;
                default:
                    return (long) value;
            }
        }

        @Override
        List<Integer> candidates() {
            return value > 0 ? List.copyOf(blocked.keySet()) : List.of();
        }

        @Override
        void granted(int actor) {
            blocked.remove(actor);
            value--;
        }

        @Override
        String state() {
            return "value " + value;
        }
    }

    /** Event. */
    static final class OfEvent extends SyncModel {
        private boolean set;

        @Override
        List<String> operations() {
            return List.of("set", "clear", "isSet", "await", "await", "await", "await 0", "await 1 ms");
        }

        @Override
        Long start(int actor, String operation) {
            switch (operation) {
                case "set", "clear":
                    set = operation.equals("set");
                    return DONE;
                case "await":
                    return set ? YES : block(actor, YES);
                default:
                    return number(set);
            }
        }

        @Override
        List<Integer> candidates() {
            return set ? List.copyOf(blocked.keySet()) : List.of();
        }

        @Override
        void granted(int actor) {
            blocked.remove(actor);
        }

        @Override
        String state() {
            return "set " + set;
        }
    }

    /** Barrier. */
    static final class OfBarrier extends SyncModel {
        private final int parties;
        private final List<Integer> free = new ArrayList<>();
        private boolean broken;

        OfBarrier(int parties) {
            this.parties = parties;
        }

        @Override
        List<String> operations() {
            return List.of("await", "await", "await", "await", "await 0", "await 1 ms", "abort", "reset", "broken",
                    "nWaiting");
        }

        @Override
        Long start(int actor, String operation) {
            switch (operation) {
                case "await", "await 0", "await 1 ms":
                    return broken ? BROKEN : arrive(actor, operation.equals("await"));
                case "abort", "reset":
                    letGo(BROKEN);
                    broken = operation.equals("abort");
                    return DONE;
                case "broken":
                    return number(broken);
                default:
                    return (long) blocked.size();
            }
        }

        private Long arrive(int actor, boolean patient) {
            int index = blocked.size();
            if (index + 1 == parties) {
                free.addAll(blocked.keySet());
                return (long) index;
            }
            if (patient) {
                return block(actor, index);
            }
            letGo(BROKEN);
            broken = true;
            return BROKEN;
        }

        private void letGo(long answer) {
            blocked.replaceAll((actor, before) -> answer);
            free.addAll(blocked.keySet());
        }

        @Override
        List<Integer> candidates() {
            return List.copyOf(free);
        }

        @Override
        void granted(int actor) {
            free.remove(Integer.valueOf(actor));
            blocked.remove(actor);
        }

        @Override
        String state() {
            return "broken " + broken + ", " + blocked.size() + " wait";
        }
    }
}
