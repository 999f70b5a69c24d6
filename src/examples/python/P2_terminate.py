"""terminate(): a task takes too long and is ended by a signal.

An exit code below 0 names the signal: -15 is SIGTERM. The textbook version sleeps two seconds and hopes that the
child has begun by then. Here the child says so, by releasing a lock that the parent took beforehand (a Lock belongs
to nobody: any process may release it); then it gets a tenth of a second, which is not enough.
"""

import time
from multiprocessing import Lock, Process


def long_task(started):
    print("Starting long task...\n", end="", flush=True)
    started.release()
    time.sleep(60)
    print("Long task finished.\n", end="", flush=True)


def main():
    started = Lock()
    started.acquire()
    process = Process(target=long_task, args=(started,))
    process.start()
    started.acquire()  # blocks until the child has released it

    process.join(timeout=0.1)
    if process.is_alive():
        process.terminate()
    process.join()
    print(f"Process terminated with exit code {process.exitcode}.\n", end="", flush=True)


if __name__ == "__main__":
    main()
