"""A pipe: what the parent writes into one end, the child reads from the other.

After fork() both processes have both ends. Each closes the one it does not use: the reader sees the end of the data
only when the last writer is closed, and a child that kept a writer itself would wait for ever. The textbook version
in C++ lacks a header and does not compile; it does not wait for its child either. Here the parent does.
"""

import os


def main():
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        with open(reader, "rb") as pipe:
            message = pipe.read().decode()
        print(f"Child received: {message}\n", end="", flush=True)
        os._exit(0)
    os.close(reader)
    with open(writer, "wb") as pipe:
        pipe.write(b"Hello from parent")
    os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
