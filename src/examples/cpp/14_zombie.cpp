// A zombie: a child that has ended, but whose exit status nobody has asked for.
//
// The kernel keeps its entry in the process table, in state Z, until the parent calls waitpid(); then the entry is
// gone.
//
// The textbook version makes a zombie, sleeps for ten seconds and leaves the looking to the reader and the cleaning-up
// to process 1. Here the parent asks for the state itself, then reaps the child and sees that it is gone.

#include <multiprocessing/process.hpp>

#include <cstdlib>
#include <string>

#include "println.hpp"

namespace mp = multiprocessing;

/// The state letter; `gone` if there is no such process.
std::string process_state(pid_t pid) {
    const auto state = mp::process_state(pid);
    return state ? std::string{static_cast<char>(*state)} : "gone";
}

int main() {
    const auto me = "Parent process (PID: " + std::to_string(mp::getpid()) + ")";
    println(me, " started.");
    const auto pid = mp::fork();
    if (pid == 0) {
        println("Child process started.");
        println("Child process finished.");
        std::_Exit(42);
    }

    const auto child = "child process (PID: " + std::to_string(pid) + ")";
    println(me, " is NOT waiting for the child process to terminate.");
    mp::wait_readable(mp::pidfd_open(pid).get(), -1);  // until it has ended, without reaping it
    println(me, " sees ", child, " in state ", process_state(pid), ".");

    const auto status = mp::waitpid(pid);
    println(me, " reaped ", child, ", exit status ", status.code(), ".");
    if (process_state(pid) == "gone") println(me, " finds no ", child, " any more.");
    println(me, " finished.");
}
