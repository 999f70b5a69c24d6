"""Two programs exchange objects over a socket, whatever they are written in. Here both are Python."""

import subprocess
import sys
from multiprocessing.connection import Client, Listener

KEY = b"the key"

CLIENT = """
import sys
from multiprocessing.connection import Client
with Client(('localhost', int(sys.argv[1])), authkey=b'the key') as connection:
    connection.send({'name': 'pi', 'value': 3.5, 'digits': [3, 1, 4]})
    print('Python client got', connection.recv(), flush=True)
"""

LISTENER = """
from multiprocessing.connection import Listener
with Listener(('localhost', 0), authkey=b'the key') as listener:
    print(listener.address[1], flush=True)
    with listener.accept() as connection:
        numbers = connection.recv()
        connection.send([n * n for n in numbers])
"""


def main():
    with Listener(("localhost", 0), authkey=KEY) as listener:
        client = subprocess.Popen([sys.executable, "-c", CLIENT, str(listener.address[1])])
        with listener.accept() as connection:
            message = connection.recv()
            print(f"Server got {message['name']} = {message['value']}, digits {message['digits']}\n",
                  end="", flush=True)
            connection.send(sum(message["digits"]))
        print(f"Client's exit code: {client.wait()}\n", end="", flush=True)

    server = subprocess.Popen([sys.executable, "-c", LISTENER], stdout=subprocess.PIPE, text=True)
    with server, Client(("localhost", int(server.stdout.readline())), authkey=KEY) as connection:
        connection.send([1, 2, 3])
        print(f"Python listener answered {connection.recv()}\n", end="", flush=True)
    print(f"Listener's exit code: {server.returncode}\n", end="", flush=True)


if __name__ == "__main__":
    main()
