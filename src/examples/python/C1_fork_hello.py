"""fork(): one process calls it, two return from it. The return value tells them apart.

Which of the two greets first is not defined. The textbook version ends without waiting: its child may outlive it, and
then prints after the shell's prompt. Here the parent waits. Nothing is buffered when fork() is called, else both
processes would print it; the child leaves by _exit(), so that it does not run the parent's clean-up.
"""

import os


def main():
    pid = os.fork()
    if pid == 0:
        print("Hello from the child process!\n", end="", flush=True)
        os._exit(0)
    print("Hello from the parent process!\n", end="", flush=True)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
