"""What a pool of four processes is asked for: map, imap_unordered, apply_async, a result in time or not."""

import os
import time
from multiprocessing import Pool, TimeoutError


def square(x):
    return x * x


def main():
    print(f"Main: pid {os.getpid()}", flush=True)
    with Pool(processes=4) as pool:
        print("map:", pool.map(square, range(10)))
        for result in pool.imap_unordered(square, range(10)):
            print("imap_unordered:", result)
        print("apply_async:", pool.apply_async(square, (20,)).get(timeout=60))
        print("One call: pid", pool.apply_async(os.getpid).get(timeout=60))
        calls = [pool.apply_async(os.getpid) for _ in range(4)]
        for call in calls:
            print("One of four calls: pid", call.get(timeout=60))
        try:
            pool.apply_async(time.sleep, (600,)).get(timeout=0.05)
        except TimeoutError:
            print("A call that sleeps: no result in time")
        print("apply, meanwhile:", pool.apply(square, (5,)))
    try:
        pool.apply(square, (6,))
    except ValueError as error:
        print("apply, after the end:", error)


if __name__ == "__main__":
    main()
