"""A semaphore with two permits: of five processes at most two are inside at the same time.

Each says how many are inside when it enters. The textbook version sends its semaphore through Pool.starmap, which is a
RuntimeError: semaphores travel as arguments of a Process.
"""

import time
from multiprocessing import Process, Semaphore, Value


def work(number, semaphore, inside):
    print(f"Process {number} is waiting\n", end="", flush=True)
    with semaphore:
        with inside.get_lock():
            inside.value += 1
            print(f"Process {number} is inside, number {inside.value}\n", end="", flush=True)
        time.sleep(0.02)  # some work, long enough for the others to arrive at the semaphore
        with inside.get_lock():
            inside.value -= 1
            print(f"Process {number} leaves\n", end="", flush=True)


def main():
    semaphore = Semaphore(2)
    inside = Value("i", 0)
    processes = [Process(target=work, args=(number, semaphore, inside)) for number in range(1, 6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(f"All processes have finished. Permits: {semaphore.get_value()}\n", end="", flush=True)


if __name__ == "__main__":
    main()
