// An orphan: a process whose parent has ended. Somebody else becomes its parent.
//
// On Linux that is process 1, or a nearer ancestor that asked for it (a "subreaper", as container and session managers
// are): so the program does not ask for a certain number, but waits for the end of its old parent and looks then.
//
// The textbook version sleeps for ten seconds and never asks who the new parent is. Here the parent exits when the
// child has spoken, and the child ends as soon as it has been adopted. Its last lines come after the end of the first
// process: whoever collects them must read to the end of the output. fork() is used, and not Process, because a Process
// is joined at exit.

#include <multiprocessing/process.hpp>
#include <multiprocessing/synchronize.hpp>

#include <cstdlib>

#include "println.hpp"

namespace mp = multiprocessing;

void be_orphaned(mp::Lock child_ready) {
    const auto parent = mp::pidfd_open(mp::getppid());  // readable once that process has ended
    println("Child process (PID: ", mp::getpid(), ") started.");
    println("Child's parent PID: ", mp::getppid());
    child_ready.release();
    mp::wait_readable(parent.get(), -1);
    println("Child's parent PID after orphaning: ", mp::getppid());
    println("Child process (PID: ", mp::getpid(), ") finished.");
}

int main() {
    println("Parent process (PID: ", mp::getpid(), ") started.");
    mp::Lock child_ready;
    child_ready.acquire();
    if (mp::fork() == 0) {
        be_orphaned(child_ready);
        std::_Exit(0);
    }
    child_ready.acquire();  // blocks until the child has released it
    println("Parent process (PID: ", mp::getpid(), ") is exiting, leaving the child process orphaned.");
}
