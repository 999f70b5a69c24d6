package org.multiprocessing4j;

import java.io.Serial;
import java.io.Serializable;
import java.time.Duration;
import org.multiprocessing4j.util.Handover;

/**
 * A shared object, or one with a descriptor, taken apart, as it travels to a child: what it is made of, and how it is
 * made from that again, over the same memory. Mirrors what the functions return that are registered with {@code
 * reduction.ForkingPickler}. The parts are plain, or have parts themselves; a few may be any serializable object.
 */
final class Reduced implements Serializable {

    @Serial
    private static final long serialVersionUID = 1L;

    /** What it becomes. The constants' numbers travel: parent and child are of one version. */
    enum Kind {
        BLOCK,
        CTYPE,
        CELLS,
        VALUE,
        RAW_VALUE,
        ARRAY,
        RAW_ARRAY,
        LOCK,
        RLOCK,
        SEMAPHORE,
        BOUNDED_SEMAPHORE,
        CONDITION,
        EVENT,
        BARRIER,
        QUEUE,
        JOINABLE_QUEUE,
        SIMPLE_QUEUE,
        CONNECTION,
        DUP_FD;

        private static final Kind[] ALL = values();

        static Kind numbered(int number) {
            return ALL[number];
        }
    }

    private final Kind kind;

    @SuppressWarnings("serial") // what is not serializable is found when it is written, and said with its path
    private final Object[] parts;

    Reduced(Kind kind, Object... parts) {
        this.kind = kind;
        this.parts = parts;
    }

    /**
     * Takes a shared object apart.
     *
     * @return null for what is none
     * @throws IllegalStateException if no process is being started, or the object is closed
     */
    static Reduced of(Object object) {
        if (object instanceof SyncObject sync) {
            return sync.reduced();
        }
        if (object instanceof SharedValue<?> value) {
            return value.reduced();
        }
        if (object instanceof SharedArray<?> array) {
            return array.reduced();
        }
        if (object instanceof Cells<?> cells) {
            return cells.reduced();
        }
        if (object instanceof BasicQueue<?> queue) {
            return queue.reduced();
        }
        if (object instanceof Block block) {
            return block.reduced();
        }
        if (object instanceof CType<?> type) {
            return type.reduced();
        }
        return ReducedDescriptors.of(object);
    }

    Kind kind() {
        return kind;
    }

    Object[] parts() {
        return parts;
    }

    /** The object, made anew. */
    Object rebuild() {
        return switch (kind) {
            case BLOCK -> Block.attach(Handover.received((int) parts[0]), (long) parts[1], (long) parts[2]);
            case CTYPE -> CType.ofReduced(parts[0]);
            case CELLS -> new Cells<>((CType<?>) parts[0], (int) parts[1], block(2));
            case VALUE -> new Value<>(new Guarded<>((Cells<?>) parts[0], (SemLock) parts[1]));
            case RAW_VALUE -> new RawValue<>((Cells<?>) parts[0]);
            case ARRAY -> new Array<>(new Guarded<>((Cells<?>) parts[0], (SemLock) parts[1]));
            case RAW_ARRAY -> new RawArray<>((Cells<?>) parts[0]);
            case LOCK -> new Lock(block(0));
            case RLOCK -> new RLock(block(0));
            case SEMAPHORE -> new Semaphore(block(0));
            case BOUNDED_SEMAPHORE -> new BoundedSemaphore(block(0));
            case CONDITION -> new Condition((SemLock) parts[1], block(0));
            case EVENT -> new Event(block(0));
            case QUEUE -> new Queue<>(block(0));
            case JOINABLE_QUEUE -> new JoinableQueue<>(block(0));
            case SIMPLE_QUEUE -> new SimpleQueue<>(block(0));
            case CONNECTION -> ReducedDescriptors.connection(parts);
            case DUP_FD -> ReducedDescriptors.dupFd(parts);
            case BARRIER -> new Barrier(
                    block(0), (Barrier.Action) parts[1], parts[2] == null ? null : Duration.ofNanos((long) parts[2]));
        };
    }

    private Block block(int part) {
        return (Block) parts[part];
    }

    @Serial
    private Object readResolve() {
        return rebuild();
    }
}
