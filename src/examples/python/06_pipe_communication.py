"""A producer sends five messages through a pipe, a consumer receives them until the end.

The consumer sees the end only when every copy of the sending end is closed: the parent's, too, and the consumer's own,
which it has where it was forked. The textbook version forgets that, and its consumer waits for ever.
"""

from multiprocessing import Pipe, Process


def produce(writer):
    for i in range(1, 6):
        print(f"Producer sends {i}\n", end="", flush=True)
        writer.send(i)
    writer.close()


def consume(reader, unused):
    unused.close()
    total = 0
    while True:
        try:
            item = reader.recv()
        except EOFError:
            break
        print(f"Consumer received {item}\n", end="", flush=True)
        total += item
    print(f"Consumer saw the end, sum {total}\n", end="", flush=True)


def main():
    reader, writer = Pipe(duplex=False)
    producer = Process(target=produce, args=(writer,))
    consumer = Process(target=consume, args=(reader, writer))
    producer.start()
    consumer.start()
    reader.close()
    writer.close()
    producer.join()
    consumer.join()
    print(f"Exit codes: {producer.exitcode} and {consumer.exitcode}\n", end="", flush=True)


if __name__ == "__main__":
    main()
