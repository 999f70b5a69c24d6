"""One process adds 1 to all elements of an Array, another takes 1 off: every printed row is uniform.

An Array locks each access to one element. The textbook version relies on that, so that the other process can come
between two elements and rows like [1, 1, 0] appear; and it runs until somebody interrupts it. Here the array's lock
is held around the whole row, from the first element to the printed line, and each process does five rounds.
"""

from multiprocessing import Array, Process

ROUNDS = 5


def add_to_all(array, delta):
    for i in range(len(array)):
        array[i] += delta


def increment(array):
    for _ in range(ROUNDS):
        with array.get_lock():
            add_to_all(array, 1)
            print(f"Array incremented: {array[:]}\n", end="", flush=True)


def decrement(array):
    for _ in range(ROUNDS):
        with array.get_lock():
            add_to_all(array, -1)
            print(f"Array decremented: {array[:]}\n", end="", flush=True)


def main():
    array = Array("i", [0, 0, 0])
    incrementer = Process(target=increment, args=(array,))
    decrementer = Process(target=decrement, args=(array,))
    incrementer.start()
    decrementer.start()
    incrementer.join()
    decrementer.join()
    print(f"Final array state: {array[:]}\n", end="", flush=True)


if __name__ == "__main__":
    main()
