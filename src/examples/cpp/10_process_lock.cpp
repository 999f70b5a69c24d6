// A critical section: four processes enter it one after the other.
//
// Between a process's two lines no other process prints, because both lines and the work between them happen under one
// lock. The counter counts the visitors; its own lock would not do, since it protects single accesses only.
//
// The textbook version puts a mutex and the counter into memory that it maps by hand, and never looks at what a system
// call returns. Here a failing call is an exception.

#include <multiprocessing/process.hpp>
#include <multiprocessing/sharedctypes.hpp>
#include <multiprocessing/synchronize.hpp>

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;
using namespace std::chrono_literals;

void work(mp::Lock mutex, mp::Value<int> counter) {
    const auto name = mp::current_process().name;
    std::lock_guard guard{mutex};
    println("Process ", name, " is starting...");
    std::this_thread::sleep_for(10ms);  // some work, long enough for the others to arrive at the lock
    counter.set(counter.get() + 1);
    println("Process ", name, " is finished. Counter: ", counter.get());
}

int main() {
    mp::Lock mutex;
    mp::Value<int> counter(0);
    std::vector<mp::Process> processes;
    for (int i = 0; i < 4; ++i) processes.emplace_back([=] { work(mutex, counter); });
    for (auto& process : processes) process.start();
    for (auto& process : processes) process.join();
    println("Final counter value: ", counter.get());
}
