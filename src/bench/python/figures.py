"""The figures, as a Python programmer would write them with multiprocessing.

A figure is a function of a number of iterations that returns the nanoseconds that all of them took together. The
decorator puts it into FIGURES, under the name that the Java and the C++ peer know it by; nothing else is needed for a
new one. Everything that a loop uses is a local variable, the fastest kind there is.
"""

import array
import functools
import multiprocessing
from time import perf_counter_ns

from noop import noop

FIGURES = {}

DOUBLES = 1_000_000
"""The length of the arrays that are copied as a whole."""

MASK = 1_023
"""The last index of the arrays whose elements are read and written one by one."""


def figure(name):
    """Registers a function as the figure of that name."""

    def register(function):
        FIGURES[name] = function
        return function

    return register


# start

def start(method, iterations):
    """Starts and joins a process that does nothing."""
    context = multiprocessing.get_context(method)
    begin = perf_counter_ns()
    for _ in range(iterations):
        process = context.Process(target=noop)
        process.start()
        process.join()
    elapsed = perf_counter_ns() - begin
    if process.exitcode != 0:
        raise RuntimeError(f"the child ended with {process.exitcode}")
    return elapsed


FIGURES["start.spawn"] = functools.partial(start, "spawn")


# value

@figure("value.locked_increment")
def value_locked_increment(iterations):
    value = multiprocessing.Value("i", 0)
    begin = perf_counter_ns()
    for _ in range(iterations):
        with value.get_lock():
            value.value += 1
    elapsed = perf_counter_ns() - begin
    if value.value != iterations:
        raise RuntimeError(f"{value.value} after {iterations} increments")
    return elapsed


@figure("value.raw_get")
def value_raw_get(iterations):
    value = multiprocessing.RawValue("i", 7)
    begin = perf_counter_ns()
    for _ in range(iterations):
        value.value
    return perf_counter_ns() - begin


@figure("value.raw_set")
def value_raw_set(iterations):
    value = multiprocessing.RawValue("i", 0)
    begin = perf_counter_ns()
    for i in range(iterations):
        value.value = i
    return perf_counter_ns() - begin


# array

@figure("array.bulk_copy")
def array_bulk_copy(iterations):
    shared = multiprocessing.Array("d", DOUBLES)
    target = memoryview(shared.get_obj()).cast("B").cast("d")
    source = memoryview(array.array("d", bytes(8 * DOUBLES)))
    target[:] = source  # the first copy pays for the pages
    begin = perf_counter_ns()
    for _ in range(iterations):
        target[:] = source
    return perf_counter_ns() - begin


@figure("array.get")
def array_get(iterations):
    values = multiprocessing.Array("d", MASK + 1)
    begin = perf_counter_ns()
    for i in range(iterations):
        values[i & MASK]
    return perf_counter_ns() - begin


@figure("array.set")
def array_set(iterations):
    values = multiprocessing.Array("d", MASK + 1)
    begin = perf_counter_ns()
    for i in range(iterations):
        values[i & MASK] = i
    return perf_counter_ns() - begin


@figure("array.raw_get")
def array_raw_get(iterations):
    values = multiprocessing.RawArray("d", MASK + 1)
    begin = perf_counter_ns()
    for i in range(iterations):
        values[i & MASK]
    return perf_counter_ns() - begin


# lock

def acquire_release(lock, iterations):
    """Takes a lock and gives it back."""
    begin = perf_counter_ns()
    for _ in range(iterations):
        with lock:
            pass
    return perf_counter_ns() - begin


@figure("lock.acquire_release")
def lock_acquire_release(iterations):
    return acquire_release(multiprocessing.Lock(), iterations)


@figure("lock.rlock_acquire_release")
def lock_rlock_acquire_release(iterations):
    return acquire_release(multiprocessing.RLock(), iterations)


def hammer(gate, lock):
    """The rival process: takes the lock again and again while the gate is open."""
    while True:
        with gate:
            pass
        acquire_release(lock, 1_000)


@functools.lru_cache(maxsize=None)
def rival():
    """Starts the rival once. Returns its gate, closed, and the lock."""
    gate, lock = multiprocessing.Lock(), multiprocessing.Lock()
    gate.acquire()
    multiprocessing.Process(target=hammer, args=(gate, lock), daemon=True).start()
    return gate, lock


@figure("lock.contended")
def lock_contended(iterations):
    gate, lock = rival()
    gate.release()
    elapsed = acquire_release(lock, iterations)
    gate.acquire()
    return elapsed
