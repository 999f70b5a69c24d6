"""Anonymous shared memory: mapped before fork(), it is the same memory in both processes.

Ordinary memory is copied by fork(); a mapping made with MAP_SHARED is not. The parent may read what the child wrote
once it knows that the child is done: waitpid() tells. C5_semaphore shows how to wait for less than the child's end.
"""

import mmap
import os


def main():
    memory = mmap.mmap(-1, 4096)
    pid = os.fork()
    if pid == 0:
        memory.write(b"Shared memory message")
        os._exit(0)
    os.waitpid(pid, 0)
    message, _, _ = memory[:].partition(b"\0")
    print(f"Parent received: {message.decode()}\n", end="", flush=True)
    memory.close()


if __name__ == "__main__":
    main()
