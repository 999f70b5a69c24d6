// The race of N2_shared_value_racy cured: five processes increment one Value, and the result is always 5.
//
// Reading, adding and writing are one step for everybody else if they happen under the Value's lock. The lock is
// recursive: get() and set(), which take it too, do not block the process that holds it.
//
// The line is printed under the lock as well; otherwise the counts would be right, but could appear out of order.

#include <multiprocessing/process.hpp>
#include <multiprocessing/sharedctypes.hpp>

#include <mutex>
#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

void increment(mp::Value<int> counter) {
    std::lock_guard guard{counter.get_lock()};
    counter.set(counter.get() + 1);
    println("PID ", mp::getpid(), ": counter: ", counter.get());
}

int main() {
    mp::Value<int> counter(0);
    std::vector<mp::Process> processes;
    for (int i = 0; i < 5; ++i) processes.emplace_back([counter] { increment(counter); });
    for (auto& process : processes) process.start();
    for (auto& process : processes) process.join();
    println("Final counter value: ", counter.get());
}
