// A race on purpose: five processes increment one Value, and increments get lost.
//
// The textbook version increments the value without a lock and says that a Value makes this safe. It does not: a Value
// locks each read and each write, but an increment is a read and then a write. Two processes that read the same number
// both write the same sum, and one increment is gone. The final value is anything from 1 to 5.
//
// The two steps are written apart here, with a little work between them, so that one sees the race happen.
// N2_shared_value_fixed shows the cure.

#include <multiprocessing/process.hpp>
#include <multiprocessing/sharedctypes.hpp>

#include <chrono>
#include <thread>
#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

void increment(mp::Value<int> counter) {
    using namespace std::chrono_literals;
    const int seen = counter.get();
    std::this_thread::sleep_for(20ms);  // the work that others slip in during
    counter.set(seen + 1);
    println("PID ", mp::getpid(), ": counter: ", seen + 1);
}

int main() {
    mp::Value<int> counter(0);
    std::vector<mp::Process> processes;
    for (int i = 0; i < 5; ++i) processes.emplace_back([counter] { increment(counter); });
    for (auto& process : processes) process.start();
    for (auto& process : processes) process.join();
    println("Final counter value: ", counter.get());
}
