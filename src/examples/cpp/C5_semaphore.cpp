// A semaphore between two processes: the parent reads shared memory as soon as the child says it has written.
//
// The semaphore starts at 0, so that wait() blocks until the child calls post(). It lies in shared memory itself; a C
// program makes such a one with sem_init(…, pshared = 1, 0) inside its mapping.

#include <multiprocessing/process.hpp>
#include <multiprocessing/semaphore.hpp>
#include <multiprocessing/sharedctypes.hpp>

#include <cstdlib>
#include <cstring>

#include "println.hpp"

namespace mp = multiprocessing;

int main() {
    mp::RawArray<char> memory(4096);
    mp::PosixSemaphore written(0);
    const auto pid = mp::fork();
    if (pid == 0) {
        std::strcpy(memory.begin(), "Child writes to shared memory");
        written.post();
        std::_Exit(0);
    }
    written.wait();
    println("Parent reads: ", memory.begin());
    return mp::waitpid(pid).exitcode();
}
