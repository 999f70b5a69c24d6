"""An Array in shared memory: each of five processes changes the one element that is its own.

No lock is needed around `arr[i] += 1`, because nobody else touches element i. With two processes on one element this
would be the race of N2_shared_value_racy.
"""

import os
from multiprocessing import Array, Process


def increment(arr, i):
    arr[i] += 1
    print(f"PID {os.getpid()}: arr[{i}] = {arr[i]}\n", end="", flush=True)


def main():
    arr = Array("i", range(5))
    processes = [Process(target=increment, args=(arr, i)) for i in range(len(arr))]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(f"Updated array: {arr[:]}\n", end="", flush=True)


if __name__ == "__main__":
    main()
