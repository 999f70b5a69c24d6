// Processes share nothing by themselves: five children count, and the parent's counter stays 0.
//
// fork() gives the child a copy of the whole memory (made when either side writes). `++counter` then changes the
// child's own number, even through a reference that the parent's variable seems to stand behind.
//
// Textbook versions often show the last line only, because the children's output was lost: it stayed in a buffer. Here
// each line is written at once by the process that prints it.

#include <multiprocessing/process.hpp>

#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

void count(int& counter) {
    ++counter;
    println("counter: ", counter);
}

int main() {
    int counter = 0;
    std::vector<mp::Process> processes;
    for (int i = 0; i < 5; ++i) processes.emplace_back([&counter] { count(counter); });
    for (auto& process : processes) process.start();
    for (auto& process : processes) process.join();
    println("Final value of counter: ", counter);
}
