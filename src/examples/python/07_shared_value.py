"""One process counts a Value up, another counts it down: it ends where it began.

Each step changes the value and prints it under the value's own lock. So every line shows the number of the line
before, plus or minus 1, however the two take turns.

One textbook version makes a second lock beside the one that every Value has. Another, in C++, keeps the number in
named shared memory: after a crash the next run begins with the old number, or blocks on the old semaphore. Ours has
no name and goes with the processes.
"""

from multiprocessing import Process, Value

STEPS = 5


def increment(shared_value):
    for _ in range(STEPS):
        with shared_value.get_lock():
            shared_value.value += 1
            print(f"Incrementer: Increased shared value to {shared_value.value}\n", end="", flush=True)


def decrement(shared_value):
    for _ in range(STEPS):
        with shared_value.get_lock():
            shared_value.value -= 1
            print(f"Decrementer: Decreased shared value to {shared_value.value}\n", end="", flush=True)


def main():
    shared_value = Value("i", 0)
    incrementer = Process(target=increment, args=(shared_value,))
    decrementer = Process(target=decrement, args=(shared_value,))
    incrementer.start()
    decrementer.start()
    incrementer.join()
    decrementer.join()
    print(f"Final shared value: {shared_value.value}\n", end="", flush=True)


if __name__ == "__main__":
    main()
