// waitpid(): the parent waits for its child and learns how it ended.
//
// What the kernel gives is a status word: the exit code in one byte, the signal in another. The textbook version prints
// that word as it is, which looks right for 0 only: a child that exits with 3 would be reported as 768. Here waitpid()
// answers with an ExitStatus, which has it decoded.

#include <multiprocessing/process.hpp>

#include <cstdlib>

#include "println.hpp"

namespace mp = multiprocessing;

int main() {
    const auto pid = mp::fork();
    if (pid == 0) {
        println("Child process terminating.");
        std::_Exit(0);
    }
    const auto status = mp::waitpid(pid);
    println("Child process finished with status ", status.code());
}
