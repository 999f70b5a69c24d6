package org.multiprocessing4j.cli.stress;

import java.util.function.IntUnaryOperator;

/**
 * A class that {@link FreshClasses} defines again and again: each time a new class to the JVM, which has to be linked
 * and, since it computes for long enough, compiled.
 */
public final class Template implements IntUnaryOperator {
    private static final int STEPS = 20_000;

    private final IntUnaryOperator bits = Integer::bitCount;

    /** Made by reflection. */
    public Template() {}

    /** Performs so many rounds of a loop that is worth compiling, and returns {@link #expected} of them. */
    @Override
    public int applyAsInt(int rounds) {
        int sum = 0;
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < STEPS; i++) {
                sum += bits.applyAsInt(i) & 7;
            }
        }
        return sum;
    }

    /** What {@link #applyAsInt} must return, reckoned in another way. */
    static int expected(int rounds) {
        int sum = 0;
        for (int i = 0; i < STEPS; i++) {
            int count = 0;
            for (int rest = i; rest != 0; rest &= rest - 1) {
                count++;
            }
            sum += count % 8;
        }
        return sum * rounds;
    }
}
