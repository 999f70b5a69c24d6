"""An orphan: a process whose parent has ended. Somebody else becomes its parent.

On Linux that is process 1, or a nearer ancestor that asked for it (a "subreaper", as container and session managers
are): so the program does not ask for a certain number, but waits until it has another parent than before.

The textbook version sleeps for ten seconds and never asks who the new parent is. Here the parent exits when the child
has spoken, and the child ends as soon as it has been adopted. Its last lines come after the end of the first process:
whoever collects them must read to the end of the output. os.fork is used, and not Process, because a Process is
joined at exit.
"""

import os
import time
from multiprocessing import Lock


def be_orphaned(child_ready):
    parent = os.getppid()
    print(f"Child process (PID: {os.getpid()}) started.\n", end="", flush=True)
    print(f"Child's parent PID: {parent}\n", end="", flush=True)
    child_ready.release()
    while os.getppid() == parent:
        time.sleep(0.001)
    print(f"Child's parent PID after orphaning: {os.getppid()}\n", end="", flush=True)
    print(f"Child process (PID: {os.getpid()}) finished.\n", end="", flush=True)


def main():
    me = f"Parent process (PID: {os.getpid()})"
    print(f"{me} started.\n", end="", flush=True)
    child_ready = Lock()
    child_ready.acquire()
    if os.fork() == 0:
        be_orphaned(child_ready)
        os._exit(0)
    child_ready.acquire()  # blocks until the child has released it
    print(f"{me} is exiting, leaving the child process orphaned.\n", end="", flush=True)


if __name__ == "__main__":
    main()
