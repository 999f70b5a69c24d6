// A pipe: what the parent writes into one end, the child reads from the other.
//
// After fork() both processes have both ends. Each closes the one it does not use: the reader sees the end of the data
// only when the last writer is closed, and a child that kept a writer itself would wait for ever. The textbook version
// lacks a header and does not compile; it does not wait for its child either. Here the parent does.

#include <multiprocessing/pipe.hpp>
#include <multiprocessing/process.hpp>

#include <array>
#include <cstdlib>
#include <span>
#include <string_view>

#include "println.hpp"

namespace mp = multiprocessing;

int main() {
    auto [reader, writer] = mp::pipe();
    const auto pid = mp::fork();
    if (pid == 0) {
        writer.reset();
        std::array<char, 64> buffer;
        const auto size = mp::read_all(reader.get(), std::as_writable_bytes(std::span(buffer)));
        println("Child received: ", std::string_view(buffer.data(), size));
        std::_Exit(0);
    }
    reader.reset();
    constexpr std::string_view message = "Hello from parent";
    mp::write_all(writer.get(), std::as_bytes(std::span(message)));
    writer.reset();
    return mp::waitpid(pid).exitcode();
}
