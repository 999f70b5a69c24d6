// Two programs exchange messages over a socket, whatever they are written in. Here one is C++ and the other Python.
//
// C++ knows no pickles: what crosses is bytes, here texts.

#include <multiprocessing/connection.hpp>
#include <multiprocessing/process.hpp>

#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

const std::string key = "the key";

const std::string client_program = R"(
import sys
from multiprocessing.connection import Client
with Client(('localhost', int(sys.argv[1])), authkey=b'the key') as connection:
    connection.send_bytes(b'pi 3.5 3 1 4')
    print('Python client got', connection.recv_bytes().decode(), flush=True)
)";

const std::string listener_program = R"(
import os, sys
from multiprocessing.connection import Connection, Listener
with Listener(('localhost', 0), authkey=b'the key') as listener:
    Connection(3, readable=False).send_bytes(str(listener.address[1]).encode())
    with listener.accept() as connection:
        numbers = connection.recv_bytes().split()
        connection.send_bytes(' '.join(str(int(n) ** 2) for n in numbers).encode())
)";

pid_t python(const std::string& program, const std::string& argument, std::vector<int> fds = {}) {
    mp::SpawnOptions options;
    options.path = "/usr/bin/env";
    options.arguments = {"env", "python3", "-c", program, argument};
    options.keep_fds = std::move(fds);
    return mp::spawn(options);
}

std::vector<int> numbers(std::istream&& text) {
    std::vector<int> all;
    for (int number; text >> number;) all.push_back(number);
    return all;
}

int main() {
    {
        mp::Listener listener({"localhost", 0}, {.authkey = key});
        const auto client = python(client_program, std::to_string(listener.address().port()));
        {
            auto connection = listener.accept();
            std::istringstream message(connection.recv_text());
            std::string name;
            double value = 0;
            message >> name >> value;
            const auto digits = numbers(std::move(message));
            println("Server got ", name, " = ", value, ", digits ", list(digits));
            connection.send_bytes(std::to_string(std::accumulate(digits.begin(), digits.end(), 0)));
        }
        println("Client's exit code: ", mp::waitpid(client).exitcode());
    }

    auto [reader, writer] = mp::Pipe(false);
    const auto server = python(listener_program, "", {writer.fileno()});
    writer.close();
    {
        auto connection = mp::Client({"localhost", std::stoi(reader.recv_text())}, key);
        connection.send_bytes("1 2 3");
        println("Python listener answered ", list(numbers(std::istringstream(connection.recv_text()))));
    }
    println("Listener's exit code: ", mp::waitpid(server).exitcode());
}
