"""A global list is not shared: the child fills its own copy, and the parent's stays empty.

Under fork the child inherits a copy of the list; under spawn and forkserver it imports this file anew and makes a
list of its own. Either way the parent never sees what the child appends. G2_array_and_value shows how to share.
"""

from multiprocessing import Process

result = []


def square_all(numbers):
    for number in numbers:
        result.append(number * number)
    print(f"Result(in process p1) {result}\n", end="", flush=True)


def main():
    p1 = Process(target=square_all, args=([1, 2, 3, 4],))
    p1.start()
    p1.join()
    print(f"Result(in main program) {result}\n", end="", flush=True)


if __name__ == "__main__":
    main()
