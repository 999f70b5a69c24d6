"""Each kind of call that a pool has, its errors and its time limits."""

from multiprocessing import Event, Pool, TimeoutError, current_process

gate = None


def take_gate(event):
    global gate
    gate = event


def multiply(a, b):
    return a * b


def plus(a, b):
    return a + b


def calculate(function, a, b):
    return f"{function.__name__}({a}, {b}) = {function(a, b)} by {current_process().name}"


def calculate_all(arguments):
    return calculate(*arguments)


def cube(x):
    return x**3


def divide(x):
    return 60 // (x - 5)


def wait_for_gate(x):
    gate.wait()
    return x


def failure(call):
    try:
        call()
    except ZeroDivisionError:
        return "division by zero"


def calls(pool):
    tasks = [(multiply, i, 7) for i in range(5)] + [(plus, i, 8) for i in range(5)]
    for result in [pool.apply_async(calculate, task) for task in tasks]:
        print("apply_async:", result.get())
    for result in pool.imap(calculate_all, tasks):
        print("imap:", result)
    for result in pool.imap_unordered(calculate_all, tasks):
        print("imap_unordered:", result)
    for result in pool.map(calculate_all, tasks):
        print("map:", result)
    print("starmap:", pool.starmap(multiply, [(i, i + 1) for i in range(5)]))
    print("apply:", pool.apply(cube, (3,)))
    print("map, 3 items to a task:", pool.map(cube, range(10), 3))


def errors(pool):
    print("error of apply:", failure(lambda: pool.apply(divide, (5,))))
    print("error of map:", failure(lambda: pool.map(divide, range(10))))
    print("error of imap:", failure(lambda: list(pool.imap(divide, range(10)))))
    results = pool.imap(divide, range(10))
    for i in range(10):
        try:
            print(f"item {i} of imap: {next(results)}")
        except ZeroDivisionError:
            print(f"item {i} of imap: division by zero")


def time_limits(pool, event):
    result = pool.apply_async(wait_for_gate, (1,))
    results = pool.imap(wait_for_gate, range(2, 5))
    try:
        result.get(timeout=0.02)
    except TimeoutError:
        print("waiting: apply_async has no result yet")
    try:
        results.next(timeout=0.02)
    except TimeoutError:
        print("waiting: imap has no result yet")
    event.set()
    print("waiting: now there are", [result.get(timeout=60), *results])


def main():
    event = Event()
    with Pool(4, take_gate, (event,)) as pool:
        calls(pool)
        errors(pool)
        time_limits(pool, event)
        late = pool.map_async(cube, range(4))
        pool.close()
        pool.join()
        print("closed: what was begun is done,", late.get())
        try:
            pool.apply(cube, (3,))
        except ValueError as error:
            print("closed:", error)


if __name__ == "__main__":
    main()
