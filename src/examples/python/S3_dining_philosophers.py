"""The dining philosophers: five processes, five forks, and each needs the two beside it.

If each took its left fork first all might sit there with one, for ever. Here each takes the fork with the smaller
number first: then somebody always has both.
"""

from multiprocessing import Lock, Process

PHILOSOPHERS = 5
MEALS = 3


def dine(number, first, second):
    (first_name, first_fork), (second_name, second_fork) = first, second
    for meal in range(1, MEALS + 1):
        with first_fork, second_fork:
            text = f"Philosopher {number} eats meal {meal} with {first_name} and {second_name}\n"
            print(text, end="", flush=True)
    print(f"Philosopher {number} is full\n", end="", flush=True)


def main():
    forks = [(f"fork {i}", Lock()) for i in range(1, PHILOSOPHERS + 1)]
    table = []
    for i in range(PHILOSOPHERS):
        first, second = sorted((i, (i + 1) % PHILOSOPHERS))
        table.append(Process(target=dine, args=(i + 1, forks[first], forks[second])))
    for philosopher in table:
        philosopher.start()
    for philosopher in table:
        philosopher.join()
    print("All philosophers have eaten\n", end="", flush=True)


if __name__ == "__main__":
    main()
