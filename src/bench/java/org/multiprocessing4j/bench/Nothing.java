package org.multiprocessing4j.bench;

/** A program that does nothing: what a JVM needs to start and end is the limit for spawn. */
public final class Nothing {
    private Nothing() {}

    /** Returns at once. */
    public static void main(String[] arguments) {
        // that is all
    }
}
