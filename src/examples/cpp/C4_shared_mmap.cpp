// Anonymous shared memory: mapped before fork(), it is the same memory in both processes.
//
// Ordinary memory is copied by fork(); a mapping made with MAP_SHARED is not. The parent may read what the child wrote
// once it knows that the child is done: waitpid() tells. C5_semaphore shows how to wait for less than the child's end.

#include <multiprocessing/heap.hpp>
#include <multiprocessing/process.hpp>

#include <cstdlib>
#include <cstring>

#include "println.hpp"

namespace mp = multiprocessing;

int main() {
    const auto memory = mp::Arena::create(4096);
    auto* text = reinterpret_cast<char*>(memory->data());
    const auto pid = mp::fork();
    if (pid == 0) {
        std::strcpy(text, "Shared memory message");
        std::_Exit(0);
    }
    const auto status = mp::waitpid(pid);
    println("Parent received: ", text);
    return status.exitcode();
}
