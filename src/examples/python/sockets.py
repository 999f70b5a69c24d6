"""A server and its clients, over TCP: who has the key is served, who has not is refused."""

from multiprocessing import AuthenticationError, Process
from multiprocessing.connection import Client, Listener


def client(number, address, key):
    try:
        with Client(address, authkey=key) as connection:
            connection.send(number)
            print(f"Client {number} got {connection.recv()}\n", end="", flush=True)
    except AuthenticationError:
        print(f"Client {number} was refused\n", end="", flush=True)


def main():
    with Listener(("localhost", 0), backlog=4, authkey=b"the key") as listener:
        clients = [Process(target=client, args=(i, listener.address, b"the key" if i < 4 else b"no key"))
                   for i in range(1, 5)]
        for process in clients:
            process.start()
        served, refused = 0, 0
        while served + refused < len(clients):
            try:
                with listener.accept() as connection:
                    number = connection.recv()
                    connection.send(number * number)
                served += 1
            except AuthenticationError:
                refused += 1
        for process in clients:
            process.join()
    print(f"Server: {served} served, {refused} refused\n", end="", flush=True)


if __name__ == "__main__":
    main()
