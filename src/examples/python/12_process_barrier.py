"""A barrier: nobody passes before all have arrived.

The action is run once, by whoever comes last, when all have arrived and nobody has passed yet.
"""

from multiprocessing import Barrier, Process


def announce():
    print("All have arrived\n", end="", flush=True)


def work(number, barrier):
    print(f"Process {number} is waiting at the barrier\n", end="", flush=True)
    barrier.wait()
    print(f"Process {number} has passed the barrier\n", end="", flush=True)


def main():
    parties = 5
    barrier = Barrier(parties, announce)
    processes = [Process(target=work, args=(number, barrier)) for number in range(1, parties + 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    broken = "yes" if barrier.broken else "no"
    print(f"All processes have passed the barrier. Broken: {broken}\n", end="", flush=True)


if __name__ == "__main__":
    main()
