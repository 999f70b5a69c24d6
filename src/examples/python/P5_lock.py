"""A Lock around printing: one process prints at a time.

The lock keeps the lines whole; it does not order them. Whoever gets it first prints first, so the three messages come
in any order.
"""

from multiprocessing import Lock, Process


def show(lock, message):
    with lock:
        print(message + "\n", end="", flush=True)


def main():
    lock = Lock()
    processes = [Process(target=show, args=(lock, f"Message {i}")) for i in (1, 2, 3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
