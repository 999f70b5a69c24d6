"""A bounded buffer: a producer and a consumer share three places.

One semaphore counts the free places and one the filled ones: the producer waits for the first and signals the second,
the consumer does the opposite.
"""

from multiprocessing import Process, RawArray, Semaphore

PLACES = 3
ITEMS = 8


def produce(buffer, free, filled):
    for i in range(ITEMS):
        free.acquire()
        buffer[i % PLACES] = i + 1
        print(f"Produced {i + 1}\n", end="", flush=True)
        filled.release()


def consume(buffer, free, filled):
    total = 0
    for i in range(ITEMS):
        filled.acquire()
        item = buffer[i % PLACES]
        print(f"Consumed {item}\n", end="", flush=True)
        free.release()
        total += item
    print(f"Sum of all consumed: {total}\n", end="", flush=True)


def main():
    buffer = RawArray("i", PLACES)
    free = Semaphore(PLACES)
    filled = Semaphore(0)
    producer = Process(target=produce, args=(buffer, free, filled))
    consumer = Process(target=consume, args=(buffer, free, filled))
    producer.start()
    consumer.start()
    producer.join()
    consumer.join()
    print(f"Free places: {free.get_value()}\n", end="", flush=True)


if __name__ == "__main__":
    main()
