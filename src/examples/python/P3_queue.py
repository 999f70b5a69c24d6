"""A Queue carries a message from one process to another."""

from multiprocessing import Process, Queue


def produce(queue):
    queue.put("Hello from producer")


def consume(queue):
    print(f"Consumer received: {queue.get()}\n", end="", flush=True)


def main():
    queue = Queue()
    producer = Process(target=produce, args=(queue,))
    consumer = Process(target=consume, args=(queue,))
    producer.start()
    consumer.start()
    producer.join()
    consumer.join()


if __name__ == "__main__":
    main()
