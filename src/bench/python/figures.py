"""The figures, as a Python programmer would write them with multiprocessing.

A figure is a function of a number of iterations that returns the nanoseconds (or the KiB) of all of them together. The
decorator puts it into FIGURES, under the name that the Java and the C++ peer know it by; nothing else is needed for a
new one. Everything that a loop uses is a local variable, the fastest kind there is.
"""

import array
import functools
import multiprocessing
import os
import statistics
import tempfile
from time import perf_counter_ns

import targets

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
        process = context.Process(target=targets.noop)
        process.start()
        process.join()
    elapsed = perf_counter_ns() - begin
    if process.exitcode != 0:
        raise RuntimeError(f"the child ended with {process.exitcode}")
    return elapsed


def first_statement(method, iterations):
    """Measures from the start of a process to the first statement of its target; the clock is the same in both.

    The median counts, as often as there are iterations.
    """
    context = multiprocessing.get_context(method)
    times = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(iterations):
            begin = perf_counter_ns()
            process = context.Process(target=targets.tell_time, args=(file.name,))
            process.start()
            process.join()
            with open(file.name) as answer:
                times.append(int(answer.read()) - begin)
    return statistics.median_high(times) * iterations


FIGURES["start.fork"] = functools.partial(start, "fork")
FIGURES["start.forkserver"] = functools.partial(start, "forkserver")
FIGURES["start.forkserver_vs_fork"] = functools.partial(start, "fork")
FIGURES["start.spawn"] = functools.partial(start, "spawn")
for method in "fork", "forkserver", "spawn":
    FIGURES[f"start.first_statement_{method}"] = functools.partial(first_statement, method)


# memory

def idle_child(method, fields, iterations):
    """Starts processes that wait, and adds up what the kernel says of their memory, in KiB."""
    context = multiprocessing.get_context(method)
    total = 0
    with tempfile.TemporaryDirectory() as directory:
        fifo = os.path.join(directory, "fifo")
        os.mkfifo(fifo)
        for _ in range(iterations):
            process = context.Process(target=targets.wait, args=(fifo,))
            process.start()
            with open(fifo, "w"):  # as soon as the child has opened it too
                total += memory(process.pid, fields)
            process.join()
    return total


def memory(pid, fields):
    """Adds up some fields of a process's smaps_rollup."""
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return sum(int(line.split()[1]) for line in lines if line.split()[0] in fields)


for method in "fork", "forkserver", "spawn":
    FIGURES[f"memory.idle_child_{method}_pss"] = functools.partial(idle_child, method, ["Pss:"])
    FIGURES[f"memory.idle_child_{method}_uss"] = functools.partial(
        idle_child, method, ["Private_Clean:", "Private_Dirty:"])


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


# sync

def echo(there, back):
    """The partner process: gives back each permit that it gets."""
    while there.acquire():
        back.release()


@functools.lru_cache(maxsize=None)
def partner(kind):
    """Starts a partner once for each kind. Returns the way there and the way back, both taken."""
    there, back = (multiprocessing.Lock(), multiprocessing.Lock()) if kind == "lock" else (
        multiprocessing.Semaphore(1), multiprocessing.Semaphore(1))
    there.acquire()
    back.acquire()
    multiprocessing.Process(target=echo, args=(there, back), daemon=True).start()
    return there, back


def hand_off(kind, iterations):
    """Hands a lock or permit over to another process and gets it back; an iteration is one of the two ways."""
    there, back = partner(kind)
    rounds = iterations // 2 + 1
    begin = perf_counter_ns()
    for _ in range(rounds):
        there.release()
        back.acquire()
    return (perf_counter_ns() - begin) * iterations // (2 * rounds)


FIGURES["lock.hand_off"] = functools.partial(hand_off, "lock")
FIGURES["sync.semaphore_hand_off"] = functools.partial(hand_off, "semaphore")


@figure("sync.semaphore")
def sync_semaphore(iterations):
    semaphore = multiprocessing.Semaphore(1)
    begin = perf_counter_ns()
    for _ in range(iterations):
        semaphore.acquire()
        semaphore.release()
    return perf_counter_ns() - begin


@figure("sync.tracked_semaphore")
def sync_tracked_semaphore(iterations):
    return acquire_release(multiprocessing.Semaphore(1), iterations)


@figure("sync.event")
def sync_event(iterations):
    event = multiprocessing.Event()
    begin = perf_counter_ns()
    for _ in range(iterations):
        event.set()
        event.clear()
    return perf_counter_ns() - begin


@figure("sync.notify_nobody")
def sync_notify_nobody(iterations):
    condition = multiprocessing.Condition()
    begin = perf_counter_ns()
    for _ in range(iterations):
        with condition:
            condition.notify()
    return perf_counter_ns() - begin


# queue

class Consumer:
    """Another process that takes what it is sent: it is told how much, and answers when it has it all."""

    def __init__(self, make_queue, message):
        self.there, self.back, self.message = make_queue(), make_queue(), message
        self.count = multiprocessing.RawValue("l")
        multiprocessing.Process(target=self.consume, daemon=True).start()
        self.throughput(1)  # it runs

    def consume(self):
        while True:
            self.there.get()
            for _ in range(self.count.value - 1):
                self.there.get()
            self.back.put(self.message)

    def throughput(self, iterations):
        begin = perf_counter_ns()
        self.count.value = iterations
        for _ in range(iterations):
            self.there.put(self.message)
        self.back.get()
        return perf_counter_ns() - begin

    def pingpong(self, iterations):
        """There and back again is one iteration."""
        self.count.value = 1
        begin = perf_counter_ns()
        for _ in range(iterations):
            self.there.put(self.message)
            self.back.get()
        return perf_counter_ns() - begin


consumer = functools.lru_cache(maxsize=None)(Consumer)
BYTES, CHARACTERS = bytes(100), "x" * 100


@figure("queue.throughput_100B")
def queue_throughput(iterations):
    return consumer(multiprocessing.Queue, BYTES).throughput(iterations)


@figure("queue.throughput_100_characters")
def queue_throughput_characters(iterations):
    return consumer(multiprocessing.Queue, CHARACTERS).throughput(iterations)


@figure("queue.pingpong")
def queue_pingpong(iterations):
    return consumer(multiprocessing.Queue, BYTES).pingpong(iterations)


@figure("simplequeue.throughput_100B")
def simplequeue_throughput(iterations):
    return consumer(multiprocessing.SimpleQueue, BYTES).throughput(iterations)


@figure("simplequeue.pingpong")
def simplequeue_pingpong(iterations):
    return consumer(multiprocessing.SimpleQueue, BYTES).pingpong(iterations)


# pipe

def echo_bytes(reader, writer):
    """The partner process: sends back what it gets."""
    while True:
        writer.send_bytes(reader.recv_bytes())


def swallow(reader, writer):
    """Answers each empty message with one."""
    while True:
        if not reader.recv_bytes():
            writer.send_bytes(b"")


@functools.lru_cache(maxsize=None)
def pipe_partner(target, duplex):
    """Starts a partner once. Returns the end to send to and the one to receive from."""
    there = multiprocessing.Pipe(duplex)
    back = there[::-1] if duplex else multiprocessing.Pipe(False)
    multiprocessing.Process(target=target, args=(there[0], back[1]), daemon=True).start()
    return there[1], back[0]


def ping_pong(duplex, iterations):
    """Sends a message and gets it back."""
    out, back = pipe_partner(echo_bytes, duplex)
    message = bytes(64)
    begin = perf_counter_ns()
    for _ in range(iterations):
        out.send_bytes(message)
        back.recv_bytes()
    return perf_counter_ns() - begin


FIGURES["pipe.pingpong_64B"] = functools.partial(ping_pong, False)
FIGURES["pipe.duplex_pingpong_64B"] = functools.partial(ping_pong, True)


@figure("pipe.objects")
def pipe_objects(iterations):
    out, back = pipe_partner(echo_bytes, False)
    begin = perf_counter_ns()
    for _ in range(iterations):
        out.send("message")
        back.recv()
    return perf_counter_ns() - begin


@figure("pipe.throughput_64KiB")
def pipe_throughput(iterations):
    out, back = pipe_partner(swallow, False)
    message = bytes(64 << 10)
    begin = perf_counter_ns()
    for _ in range(iterations):
        out.send_bytes(message)
    out.send_bytes(b"")
    back.recv_bytes()
    return perf_counter_ns() - begin
# pool

POOL_ITEMS = range(100_000)


@functools.lru_cache(maxsize=None)
def pool():
    """With the workers' start method as on this version by default; it stays."""
    return multiprocessing.get_context("fork").Pool(2)


def map_in_pool(iterations, items, chunksize):
    workers = pool()
    begin = perf_counter_ns()
    for _ in range(iterations):
        workers.map(targets.increment, items, chunksize)
    return perf_counter_ns() - begin


@figure("pool.map_100k")
def pool_map(iterations):
    return map_in_pool(iterations, POOL_ITEMS, None)


@figure("pool.map_20k_chunk1")
def pool_map_one_by_one(iterations):
    return map_in_pool(iterations, POOL_ITEMS[:20_000], 1)


@figure("pool.first_result")
def pool_first_result(iterations):
    """From the making of a pool to its first result; its end does not count."""
    total = 0
    for i in range(iterations):
        begin = perf_counter_ns()
        with multiprocessing.get_context("fork").Pool(2) as workers:
            workers.apply(targets.increment, (i,))
            total += perf_counter_ns() - begin
    return total
