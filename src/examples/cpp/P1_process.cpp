// The smallest program with two processes: make a Process, start it, join it.
//
// join() puts the two lines in order: the parent goes on when the child has ended.

#include <multiprocessing/process.hpp>

#include "println.hpp"

namespace mp = multiprocessing;

void greet() {
    println("Process ID: ", mp::getpid(), " - Hello from the child process!");
}

int main() {
    mp::Process process(greet);
    process.start();
    process.join();
    println("Main process finished.");
}
