"""A named pipe: two processes that know its path meet there.

Opening it waits for the other side. Messages go through it as through any pipe, and the end is seen when the sending
side is closed. The file has to be removed by somebody.
"""

import os
import tempfile
from multiprocessing import Process
from multiprocessing.connection import Connection


def write(path):
    with Connection(os.open(path, os.O_WRONLY), readable=False) as fifo:
        for i in range(1, 6):
            fifo.send_bytes(f"Message {i} through the named pipe".encode())


def read(path):
    with Connection(os.open(path, os.O_RDONLY), writable=False) as fifo:
        while True:
            try:
                text = fifo.recv_bytes().decode()
            except EOFError:
                break
            print(f"Reader received: {text}\n", end="", flush=True)
    print("Reader: end of file\n", end="", flush=True)


def main():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "example_fifo")
        os.mkfifo(path)
        reader = Process(target=read, args=(path,))
        writer = Process(target=write, args=(path,))
        reader.start()
        writer.start()
        writer.join()
        reader.join()
    print("Named pipe removed\n", end="", flush=True)


if __name__ == "__main__":
    main()
