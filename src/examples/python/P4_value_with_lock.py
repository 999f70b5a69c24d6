"""A Value with its lock: five processes add 1 each, and none of the additions is lost.

`with value.get_lock():` makes the read and the write of `+=` one step. See N2_shared_value_racy for what happens
without.
"""

from multiprocessing import Process, Value


def increment(value):
    with value.get_lock():
        value.value += 1


def main():
    value = Value("i", 0)
    processes = [Process(target=increment, args=(value,)) for _ in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(f"Shared value: {value.value}\n", end="", flush=True)


if __name__ == "__main__":
    main()
