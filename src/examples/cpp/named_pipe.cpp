// A named pipe: two processes that know its path meet there.
//
// Opening it waits for the other side. Messages go through it as through any pipe, and the end is seen when the sending
// side is closed. The file has to be removed by somebody.

#include <multiprocessing/fifo.hpp>
#include <multiprocessing/process.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "println.hpp"

namespace mp = multiprocessing;

void write(const std::string& path) {
    auto fifo = mp::fifo::writer(path);
    for (int i = 1; i <= 5; ++i) fifo.send_bytes("Message " + std::to_string(i) + " through the named pipe");
}

void read(const std::string& path) {
    auto fifo = mp::fifo::reader(path);
    try {
        for (;;) println("Reader received: ", fifo.recv_text());
    } catch (const mp::EOFError&) {
        println("Reader: end of file");
    }
}

int main() {
    std::string directory = std::filesystem::temp_directory_path() / "exampleXXXXXX";
    if (::mkdtemp(directory.data()) == nullptr) mp::throw_errno("mkdtemp");
    const auto path = directory + "/example_fifo";
    mp::fifo::make(path);
    mp::Process reader([&] { read(path); });
    mp::Process writer([&] { write(path); });
    reader.start();
    writer.start();
    writer.join();
    reader.join();
    std::filesystem::remove_all(directory);
    println("Named pipe removed");
}
