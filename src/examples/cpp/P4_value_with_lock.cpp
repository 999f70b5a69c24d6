// A Value with its lock: five processes add 1 each, and none of the additions is lost.
//
// The guard on get_lock() makes the read and the write of an increment one step. See N2_shared_value_racy for what
// happens without.

#include <multiprocessing/process.hpp>
#include <multiprocessing/sharedctypes.hpp>

#include <mutex>
#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

void increment(mp::Value<int> value) {
    std::lock_guard guard{value.get_lock()};
    value.set(value.get() + 1);
}

int main() {
    mp::Value<int> value(0);
    std::vector<mp::Process> processes;
    for (int i = 0; i < 5; ++i) processes.emplace_back([value] { increment(value); });
    for (auto& process : processes) process.start();
    for (auto& process : processes) process.join();
    println("Shared value: ", value.get());
}
