import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.multiprocessing4j.pool.Pool;

// Pi by random points, of which each task has its own sequence: the result does not depend on who computes what.
class M1_monte_carlo_pi {

    static final int TASKS = 16;
    static final int POINTS = 20_000;

    static long next(long state) {
        return state * 6364136223846793005L + 1442695040888963407L;
    }

    /** How many of the points of a 64-bit linear congruential generator lie in the quarter of the circle. */
    static int hits(int seed) {
        long state = seed;
        int count = 0;
        for (int i = 0; i < POINTS; i++) {
            state = next(state);
            long x = state >>> 33;
            state = next(state);
            long y = state >>> 33;
            if (x * x + y * y < 1L << 62) {
                count++;
            }
        }
        return count;
    }

    public static void main(String[] args) throws InterruptedException {
        List<Integer> seeds = IntStream.range(0, TASKS).boxed().toList();
        try (var pool = new Pool(2).with()) {
            Iterator<Integer> counts = pool.imap(M1_monte_carlo_pi::hits, seeds);
            for (int seed : seeds) {
                System.out.println("Task " + seed + ": " + counts.next() + " of " + POINTS);
            }
            int total = pool.map(M1_monte_carlo_pi::hits, seeds).stream().mapToInt(Integer::intValue).sum();
            System.out.println(String.format(Locale.ROOT, "Pi is about %.4f", 4.0 * total / (TASKS * POINTS)));
        }
    }
}
