// fork(): one process calls it, two return from it. The return value tells them apart.
//
// Which of the two greets first is not defined. The textbook version ends without waiting: its child may outlive it,
// and then prints after the shell's prompt. Here the parent waits. Nothing is buffered when fork() is called, else both
// processes would print it; the child leaves by _Exit(), so that it does not run the parent's clean-up.

#include <multiprocessing/process.hpp>

#include <cstdlib>

#include "println.hpp"

namespace mp = multiprocessing;

int main() {
    const auto pid = mp::fork();
    if (pid == 0) {
        println("Hello from the child process!");
        std::_Exit(0);
    }
    println("Hello from the parent process!");
    return mp::waitpid(pid).exitcode();
}
