package org.multiprocessing4j.bench;

/** What workers run: in a class of its own, as in Python's module, so that they need not make what is measured with. */
final class PoolTargets {

    private PoolTargets() {}

    static int increment(int x) {
        return x + 1;
    }

    static long kernel(int seed) {
        long x = seed;
        for (int i = 0; i < 5_000_000; i++) {
            x = x * 6364136223846793005L + 1442695040888963407L;
            x ^= x >>> 29;
        }
        return x;
    }
}
