"""Who am I? A parent and its child print their process, their parent and their thread.

The child's parent is the main process, and the names tell the two apart. The thread ids tell nothing: they mean
something inside one process only, and may well be the same number in both.

Textbook versions print the thread's name, which is MainThread in every process; the one in C++ lacks a header and
does not compile. Another prints its first line twice as soon as its output is a pipe: the line was still in the
buffer when fork() copied the process. Here every line is flushed at once.
"""

import os
import threading
from multiprocessing import Process, current_process, parent_process


def work():
    print("Worker function\n", end="", flush=True)
    print(f"Worker function process id: {os.getpid()}\n", end="", flush=True)
    # not os.getppid(): under the start method forkserver that is the server, not the process that called start()
    print(f"Worker function parent process id: {parent_process().pid}\n", end="", flush=True)
    print(f"Worker process name: {current_process().name}\n", end="", flush=True)
    print(f"Worker thread id: {threading.get_ident()}\n", end="", flush=True)
    print("Worker function finished\n", end="", flush=True)


def main():
    print("Main function\n", end="", flush=True)
    print(f"Main function process id: {os.getpid()}\n", end="", flush=True)
    print(f"Main process name: {current_process().name}\n", end="", flush=True)
    print(f"Main thread id: {threading.get_ident()}\n", end="", flush=True)

    process = Process(target=work)
    process.start()
    process.join()

    print("Main function finished\n", end="", flush=True)


if __name__ == "__main__":
    main()
