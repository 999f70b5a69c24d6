"""Signals: a child counts SIGUSR1, and ends in good order at SIGTERM.

Each signal is answered before the next one is sent: signals of one kind that come together may be one.
"""

import os
import signal
import time
from multiprocessing import Pipe, Process


def child(pipe):
    counts = {"usr1": 0, "end": False}

    def on_usr1(number, frame):
        counts["usr1"] += 1
        print(f"Child got SIGUSR1, number {counts['usr1']}\n", end="", flush=True)
        pipe.send(counts["usr1"])

    def on_term(number, frame):
        print("Child got SIGTERM and cleans up\n", end="", flush=True)
        counts["end"] = True

    signal.signal(signal.SIGUSR1, on_usr1)
    signal.signal(signal.SIGTERM, on_term)
    pipe.send(0)
    while not counts["end"]:
        time.sleep(0.05)


def main():
    ours, theirs = Pipe()
    process = Process(target=child, args=(theirs,))
    process.start()
    ours.recv()
    for _ in range(3):
        print("Parent sends SIGUSR1\n", end="", flush=True)
        os.kill(process.pid, signal.SIGUSR1)
        print(f"Parent knows of {ours.recv()}\n", end="", flush=True)
    os.kill(process.pid, signal.SIGTERM)
    process.join()
    print(f"Exit code: {process.exitcode}\n", end="", flush=True)


if __name__ == "__main__":
    main()
