"""A zombie: a child that has ended, but whose exit status nobody has asked for.

The kernel keeps its entry in the process table, in state Z, until the parent calls waitpid(); then the entry is gone.

The textbook version makes a zombie, sleeps for ten seconds and leaves the looking to the reader and the cleaning-up
to process 1. Here the parent reads the state from /proc itself, then reaps the child and sees that it is gone.
"""

import os


def process_state(pid):
    """The state letter, the third field of /proc/PID/stat; `gone` if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(") ")[2][0]  # the second field, a name in brackets, may hold anything
    except FileNotFoundError:
        return "gone"


def main():
    me = f"Parent process (PID: {os.getpid()})"
    print(f"{me} started.\n", end="", flush=True)
    pid = os.fork()
    if pid == 0:
        print("Child process started.\n", end="", flush=True)
        print("Child process finished.\n", end="", flush=True)
        os._exit(42)

    child = f"child process (PID: {pid})"
    print(f"{me} is NOT waiting for the child process to terminate.\n", end="", flush=True)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # until it has ended, without reaping it
    print(f"{me} sees {child} in state {process_state(pid)}.\n", end="", flush=True)

    _, status = os.waitpid(pid, 0)
    print(f"{me} reaped {child}, exit status {os.WEXITSTATUS(status)}.\n", end="", flush=True)
    if process_state(pid) == "gone":
        print(f"{me} finds no {child} any more.\n", end="", flush=True)
    print(f"{me} finished.\n", end="", flush=True)


if __name__ == "__main__":
    main()
