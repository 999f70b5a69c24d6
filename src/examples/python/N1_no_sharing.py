"""Processes share nothing by themselves: five children count, and the parent's counter stays 0.

Whatever the start method, an argument reaches the child as a copy: fork copies the whole memory (on write), spawn and
forkserver send the argument through a pipe. `counter += 1` then changes the child's own number.

Textbook versions often run in a notebook, where the children's output is lost and only the last line remains. Here
each line is flushed by the process that prints it, and its newline is part of the text: print() would write the newline
apart when Python runs unbuffered, and the lines of two processes would mix.
"""

from multiprocessing import Process


def count(counter):
    counter += 1
    print(f"counter: {counter}\n", end="", flush=True)


def main():
    counter = 0
    processes = [Process(target=count, args=(counter,)) for _ in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(f"Final value of counter: {counter}\n", end="", flush=True)


if __name__ == "__main__":
    main()
