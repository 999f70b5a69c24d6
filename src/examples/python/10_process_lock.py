"""A critical section: four processes enter it one after the other.

Between a process's two lines no other process prints, because both lines and the work between them happen under one
lock. The counter counts the visitors; its own lock would not do, since it protects single accesses only.

The textbook version in C++ puts its mutex and its counter into memory that it maps by hand, and never looks at what a
system call returns.
"""

import time
from multiprocessing import Lock, Process, Value, current_process


def work(mutex, counter):
    name = current_process().name
    with mutex:
        print(f"Process {name} is starting...\n", end="", flush=True)
        time.sleep(0.01)  # some work, long enough for the others to arrive at the lock
        counter.value += 1
        print(f"Process {name} is finished. Counter: {counter.value}\n", end="", flush=True)


def main():
    mutex = Lock()
    counter = Value("i", 0)
    processes = [Process(target=work, args=(mutex, counter)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(f"Final counter value: {counter.value}\n", end="", flush=True)


if __name__ == "__main__":
    main()
