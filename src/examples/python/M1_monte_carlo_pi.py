"""Pi by random points, of which each task has its own sequence: the result does not depend on who computes what."""

from multiprocessing import Pool

TASKS = 16
POINTS = 20_000
MASK = (1 << 64) - 1


def hits(seed):
    """How many of the points of a 64-bit linear congruential generator lie in the quarter of the circle."""
    state = seed
    count = 0
    for _ in range(POINTS):
        state = (state * 6364136223846793005 + 1442695040888963407) & MASK
        x = state >> 33
        state = (state * 6364136223846793005 + 1442695040888963407) & MASK
        y = state >> 33
        count += x * x + y * y < 1 << 62
    return count


def main():
    with Pool(2) as pool:
        for seed, count in enumerate(pool.imap(hits, range(TASKS))):
            print(f"Task {seed}: {count} of {POINTS}")
        total = sum(pool.map(hits, range(TASKS)))
    print(f"Pi is about {4 * total / (TASKS * POINTS):.4f}")


if __name__ == "__main__":
    main()
