"""A race on purpose: five processes increment one Value, and increments get lost.

The textbook version writes `counter.value += 1` and says that a Value makes this safe. It does not: a Value locks
each read and each write, but `+=` is a read and then a write. Two processes that read the same number both write the
same sum, and one increment is gone. The final value is anything from 1 to 5.

The two steps are written apart here, with a little work between them, so that one sees the race happen.
N2_shared_value_fixed shows the cure.
"""

import os
import time
from multiprocessing import Process, Value


def increment(counter):
    seen = counter.value
    time.sleep(0.02)  # the work that others slip in during
    counter.value = seen + 1
    print(f"PID {os.getpid()}: counter: {seen + 1}\n", end="", flush=True)


def main():
    counter = Value("i", 0)
    processes = [Process(target=increment, args=(counter,)) for _ in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(f"Final counter value: {counter.value}\n", end="", flush=True)


if __name__ == "__main__":
    main()
