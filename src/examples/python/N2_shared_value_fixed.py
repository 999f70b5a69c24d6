"""The race of N2_shared_value_racy cured: five processes increment one Value, and the result is always 5.

Reading, adding and writing are one step for everybody else if they happen under the Value's lock. The lock is
recursive: the accesses to `.value`, which take it too, do not block the process that holds it.

The line is printed under the lock as well; otherwise the counts would be right, but could appear out of order.
"""

import os
from multiprocessing import Process, Value


def increment(counter):
    with counter.get_lock():
        counter.value += 1
        print(f"PID {os.getpid()}: counter: {counter.value}\n", end="", flush=True)


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
