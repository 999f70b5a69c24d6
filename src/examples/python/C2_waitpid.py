"""waitpid(): the parent waits for its child and learns how it ended.

What waitpid() gives is a status word: the exit code in one byte, the signal in another. The textbook version prints
that word as it is, which looks right for 0 only: a child that exits with 3 would be reported as 768. Here it is
decoded.
"""

import os


def main():
    pid = os.fork()
    if pid == 0:
        print("Child process terminating.\n", end="", flush=True)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    print(f"Child process finished with status {os.WEXITSTATUS(status)}\n", end="", flush=True)


if __name__ == "__main__":
    main()
