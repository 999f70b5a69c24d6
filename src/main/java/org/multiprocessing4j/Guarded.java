package org.multiprocessing4j;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;

/**
 * Cells, and the lock that each access to them takes, if there is one.
 *
 * @param <T> the Java class of the elements
 */
final class Guarded<T> {

    private final Cells<T> cells;
    private final SemLock lock;

    /** @param lock null for none */
    Guarded(Cells<T> cells, SemLock lock) {
        this.cells = cells;
        this.lock = lock;
    }

    /**
     * The lock that the {@code lock} argument of Value and Array means.
     *
     * @param lock true or null for a new RLock, false for none, or a lock of this library
     * @return null for none
     * @throws IllegalArgumentException if it is something else
     */
    static SemLock lockOf(Object lock) {
        if (lock == null || Boolean.TRUE.equals(lock)) {
            return new RLock();
        }
        if (Boolean.FALSE.equals(lock)) {
            return null;
        }
        if (lock instanceof SemLock existing) {
            return existing;
        }
        throw new IllegalArgumentException(lock + " has no method 'acquire': the lock must be true, false, or a Lock"
                + " or RLock of this library");
    }

    Cells<T> cells() {
        return cells;
    }

    boolean isLocked() {
        return lock != null;
    }

    /** @throws IllegalStateException if there is none */
    SemLock lock() {
        if (lock == null) {
            throw new IllegalStateException("made without a lock (lock=false)");
        }
        return lock;
    }

    T get(int at) {
        enter();
        try {
            return cells.get(at);
        } finally {
            exit();
        }
    }

    void set(int at, T value) {
        enter();
        try {
            cells.set(at, value);
        } finally {
            exit();
        }
    }

    T getAndReplace(int at, T value) {
        enter();
        try {
            T before = cells.get(at);
            cells.set(at, value);
            return before;
        } finally {
            exit();
        }
    }

    int getInt(int at) {
        enter();
        try {
            return cells.getInt(at);
        } finally {
            exit();
        }
    }

    void setInt(int at, int value) {
        enter();
        try {
            cells.setInt(at, value);
        } finally {
            exit();
        }
    }

    long getLong(int at) {
        enter();
        try {
            return cells.getLong(at);
        } finally {
            exit();
        }
    }

    void setLong(int at, long value) {
        enter();
        try {
            cells.setLong(at, value);
        } finally {
            exit();
        }
    }

    double getDouble(int at) {
        enter();
        try {
            return cells.getDouble(at);
        } finally {
            exit();
        }
    }

    void setDouble(int at, double value) {
        enter();
        try {
            cells.setDouble(at, value);
        } finally {
            exit();
        }
    }

    Object getField(int at, String name) {
        enter();
        try {
            return cells.getField(at, name);
        } finally {
            exit();
        }
    }

    void setField(int at, String name, Object value) {
        enter();
        try {
            cells.setField(at, name, value);
        } finally {
            exit();
        }
    }

    /** A new list of the elements that a slice selects. */
    List<T> slice(Slice slice) {
        List<T> elements = new ArrayList<>(slice.count());
        enter();
        try {
            for (int i = 0; i < slice.count(); i++) {
                elements.add(cells.get(slice.index(i) * cells.type().size()));
            }
        } finally {
            exit();
        }
        return elements;
    }

    /**
     * Replaces the elements that a slice selects by as many others: all of them, or none if the type does not take one.
     */
    void setSlice(Slice slice, Object[] elements) {
        ByteBuffer encoded = Conversions.encode(cells.type(), elements);
        int size = cells.type().size();
        int run = slice.step() == 1 ? elements.length : 1;
        enter();
        try {
            for (int i = 0; i < elements.length; i += run) {
                cells.memory().put(slice.index(i) * size, encoded, i * size, run * size);
            }
        } finally {
            exit();
        }
    }

    /** Copies what {@link ArrayCopy#check} has found right. */
    void copyTo(int index, Object target, int offset, int length) {
        enter();
        try {
            ArrayCopy.read(cells.bytes(index, length), target, offset, length);
        } finally {
            exit();
        }
    }

    /** Copies what {@link ArrayCopy#check} has found right. */
    void copyFrom(int index, Object source, int offset, int length) {
        enter();
        try {
            ArrayCopy.write(cells.bytes(index, length), source, offset, length);
        } finally {
            exit();
        }
    }

    /** An independent copy in new memory. */
    Cells<T> copy() {
        ByteBuffer source = cells.memory();
        Cells<T> target = Cells.allocate(cells.type(), cells.count());
        enter();
        try {
            target.memory().put(0, source, 0, source.limit());
        } finally {
            exit();
        }
        return target;
    }

    T update(int at, UnaryOperator<T> function) {
        SemLock held = lock();
        held.acquire();
        try {
            T value = function.apply(cells.get(at));
            cells.set(at, value);
            return value;
        } finally {
            held.release();
        }
    }

    int updateInt(int at, IntUnaryOperator function) {
        SemLock held = lock();
        held.acquire();
        try {
            int value = function.applyAsInt(cells.getInt(at));
            cells.setInt(at, value);
            return value;
        } finally {
            held.release();
        }
    }

    long updateLong(int at, LongUnaryOperator function) {
        SemLock held = lock();
        held.acquire();
        try {
            long value = function.applyAsLong(cells.getLong(at));
            cells.setLong(at, value);
            return value;
        } finally {
            held.release();
        }
    }

    double updateDouble(int at, DoubleUnaryOperator function) {
        SemLock held = lock();
        held.acquire();
        try {
            double value = function.applyAsDouble(cells.getDouble(at));
            cells.setDouble(at, value);
            return value;
        } finally {
            held.release();
        }
    }

    private void enter() {
        if (lock != null) {
            lock.acquire();
        }
    }

    private void exit() {
        if (lock != null) {
            lock.release();
        }
    }
}
