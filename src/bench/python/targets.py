"""The targets of the processes that are started, in a module of its own: a spawned child imports little more."""

from time import perf_counter_ns


def noop():
    """Does nothing, as the Java and C++ targets do."""


def tell_time(path):
    """Writes into a file when its first statement ran."""
    now = perf_counter_ns()
    with open(path, "w") as file:
        file.write(str(now))


def wait(fifo):
    """Waits until the other end of a FIFO has been opened, and closed again."""
    with open(fifo) as file:
        file.read()


def increment(number):
    """What a pool's tasks do."""
    return number + 1
