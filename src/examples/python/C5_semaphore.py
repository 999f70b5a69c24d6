"""A semaphore between two processes: the parent reads shared memory as soon as the child says it has written.

The semaphore starts at 0, so that acquire() blocks until the child calls release(). This is what C programs do with
sem_init(…, pshared = 1, 0) inside the shared mapping.
"""

import mmap
import os
from multiprocessing import Semaphore


def main():
    memory = mmap.mmap(-1, 4096)
    written = Semaphore(0)
    pid = os.fork()
    if pid == 0:
        memory.write(b"Child writes to shared memory")
        written.release()
        os._exit(0)
    written.acquire()
    message, _, _ = memory[:].partition(b"\0")
    print(f"Parent reads: {message.decode()}\n", end="", flush=True)
    os.waitpid(pid, 0)
    memory.close()


if __name__ == "__main__":
    main()
