"""A deadlock, reported and ended: two processes take two locks in opposite order.

Each waits for the lock that the other holds, for ever. Python's locks do not know who waits for them: so the main
process gives its children some time, and then takes them to be deadlocked. One of the two is terminated. Its lock stays
taken, since the semaphore does not know who had it; but anybody may release a Lock, and so the main process does.

The textbook version hangs until somebody presses ^C. Taking locks in the same order everywhere avoids all this: see
S3_dining_philosophers.
"""

from multiprocessing import Barrier, Lock, Process


def work(name, first, second, both_hold_one):
    (first_name, first_lock), (second_name, second_lock) = first, second
    with first_lock:
        print(f"{name} holds lock {first_name}\n", end="", flush=True)
        both_hold_one.wait()
        print(f"{name} waits for lock {second_name}\n", end="", flush=True)
        with second_lock:
            print(f"{name} got lock {second_name}\n", end="", flush=True)


def main():
    a = ("a", Lock())
    b = ("b", Lock())
    both_hold_one = Barrier(2)
    processes = [
        Process(name="Process 1", target=work, args=("Process 1", a, b, both_hold_one)),
        Process(name="Process 2", target=work, args=("Process 2", b, a, both_hold_one)),
    ]
    for process in processes:
        process.start()

    for process, wanted in zip(processes, "ba"):
        process.join(0.5)
        if process.is_alive():
            print(f"Deadlock: {process.name} waits for lock {wanted}\n", end="", flush=True)
    processes[0].terminate()
    processes[0].join()
    a[1].release()
    for process in processes:
        process.join()
        print(f"Ended: {process.name} with exit code {process.exitcode}\n", end="", flush=True)


if __name__ == "__main__":
    main()
