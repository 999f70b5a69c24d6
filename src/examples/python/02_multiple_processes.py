"""Two processes run at the same time: foo starts first, bar finishes first.

The textbook version makes foo sleep for a second and bar for half of one, and hopes that this gives the order. Here
the order is made: bar does not go on before foo has started, and foo does not finish before bar has. What they wait
at is a Lock that the parent has taken and that the other process releases; a Lock belongs to nobody, so that it
serves as a gate.

The textbook version in C++ forks with text in its buffer, and prints the parent's line up to three times when its
output is a pipe. Here every line is flushed at once.
"""

import os
from multiprocessing import Lock, Process


def closed_gate():
    gate = Lock()
    gate.acquire()
    return gate


def foo(foo_started, bar_finished):
    print("Function foo starts\n", end="", flush=True)
    print(f"Function foo process id: {os.getpid()}\n", end="", flush=True)
    foo_started.release()
    bar_finished.acquire()
    print("Function foo finishes\n", end="", flush=True)


def bar(foo_started, bar_finished):
    print("Function bar starts\n", end="", flush=True)
    print(f"Function bar process id: {os.getpid()}\n", end="", flush=True)
    foo_started.acquire()
    print("Function bar finishes\n", end="", flush=True)
    bar_finished.release()


def main():
    print("Main function\n", end="", flush=True)
    print(f"Main function process id: {os.getpid()}\n", end="", flush=True)

    gates = (closed_gate(), closed_gate())
    process_foo = Process(target=foo, args=gates)
    process_bar = Process(target=bar, args=gates)
    process_foo.start()
    process_bar.start()
    process_foo.join()
    process_bar.join()

    print("Main function finished\n", end="", flush=True)


if __name__ == "__main__":
    main()
