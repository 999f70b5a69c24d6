// A barrier: nobody passes before all have arrived.
//
// The action is run once, by whoever comes last, when all have arrived and nobody has passed yet.
//
// The textbook version is none: a semaphore that starts at the number of processes lets each pass at once.

#include <multiprocessing/process.hpp>
#include <multiprocessing/synchronize.hpp>

#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

void work(int id, mp::Barrier barrier) {
    println("Process ", id, " is waiting at the barrier");
    barrier.wait();
    println("Process ", id, " has passed the barrier");
}

int main() {
    constexpr int parties = 5;
    mp::Barrier barrier(parties, [] { println("All have arrived"); });
    std::vector<mp::Process> processes;
    for (int id = 1; id <= parties; ++id) processes.emplace_back([=] { work(id, barrier); });
    for (auto& process : processes) process.start();
    for (auto& process : processes) process.join();
    println("All processes have passed the barrier. Broken: ", barrier.broken() ? "yes" : "no");
}
