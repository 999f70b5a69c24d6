// A Lock around printing: one process prints at a time.
//
// The lock keeps the lines whole; it does not order them. Whoever gets it first prints first, so the three messages
// come in any order.

#include <multiprocessing/process.hpp>
#include <multiprocessing/synchronize.hpp>

#include <mutex>
#include <string>
#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

void show(mp::Lock lock, const std::string& message) {
    std::lock_guard guard{lock};
    println(message);
}

int main() {
    mp::Lock lock;
    std::vector<mp::Process> processes;
    for (int i = 1; i <= 3; ++i) {
        processes.emplace_back([lock, message = "Message " + std::to_string(i)] { show(lock, message); });
    }
    for (auto& process : processes) process.start();
    for (auto& process : processes) process.join();
}
