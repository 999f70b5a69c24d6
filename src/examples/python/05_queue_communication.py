"""A producer and a consumer, and a Queue with three places between them.

The producer puts five items and then None, which says that there are no more: a queue has no end of its own.
"""

from multiprocessing import Process, Queue

ITEMS = 5


def produce(queue):
    for i in range(1, ITEMS + 1):
        print(f"Producer: put item {i}\n", end="", flush=True)
        queue.put(i)
    queue.put(None)
    queue.close()
    queue.join_thread()


def consume(queue):
    while (item := queue.get()) is not None:
        print(f"Consumer: got item {item}\n", end="", flush=True)
    print("Consumer: no more items\n", end="", flush=True)


def main():
    queue = Queue(maxsize=3)
    producer = Process(target=produce, args=(queue,))
    consumer = Process(target=consume, args=(queue,))
    producer.start()
    consumer.start()
    producer.join()
    consumer.join()
    print("All items have been processed\n", end="", flush=True)


if __name__ == "__main__":
    main()
