"""What G1_global_list cannot do: a child hands its results back through shared memory.

The Array and the Value are made by the parent and passed as arguments; the child gets the same memory, not a copy.
After join() the child has ended, so the parent reads them without a lock.
"""

from multiprocessing import Array, Process, Value


def square_all(numbers, result, square_sum):
    for i, number in enumerate(numbers):
        result[i] = number * number
    square_sum.value = sum(result)
    print(f"Result(in process p1): {result[:]}\n", end="", flush=True)
    print(f"Sum of squares(in process p1): {square_sum.value}\n", end="", flush=True)


def main():
    numbers = [1, 2, 3, 4]
    result = Array("i", len(numbers))
    square_sum = Value("i")

    p1 = Process(target=square_all, args=(numbers, result, square_sum))
    p1.start()
    p1.join()
    print(f"Result(in main program): {result[:]}\n", end="", flush=True)
    print(f"Sum of squares(in main program): {square_sum.value}\n", end="", flush=True)


if __name__ == "__main__":
    main()
