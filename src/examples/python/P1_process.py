"""The smallest program with two processes: make a Process, start it, join it.

join() puts the two lines in order: the parent goes on when the child has ended.
"""

import os
from multiprocessing import Process


def greet():
    print(f"Process ID: {os.getpid()} - Hello from the child process!\n", end="", flush=True)


def main():
    process = Process(target=greet)
    process.start()
    process.join()
    print("Main process finished.\n", end="", flush=True)


if __name__ == "__main__":
    main()
