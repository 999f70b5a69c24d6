// A semaphore with two permits: of five processes at most two are inside at the same time.
//
// std::lock_guard takes a permit for the process: it comes back even if the process is killed. Each says how many are
// inside when it enters.
//
// The textbook version uses a named semaphore and does not remove a stale one first: after a crash the next run has
// fewer permits, or none.

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

void work(int id, mp::Semaphore semaphore, mp::Value<int> inside) {
    println("Process ", id, " is waiting");
    std::lock_guard permit{semaphore};
    {
        std::lock_guard guard{inside.get_lock()};
        inside.set(inside.get() + 1);
        println("Process ", id, " is inside, number ", inside.get());
    }
    std::this_thread::sleep_for(20ms);  // some work, long enough for the others to arrive at the semaphore
    std::lock_guard guard{inside.get_lock()};
    inside.set(inside.get() - 1);
    println("Process ", id, " leaves");
}

int main() {
    mp::Semaphore semaphore(2);
    mp::Value<int> inside(0);
    std::vector<mp::Process> processes;
    for (int id = 1; id <= 5; ++id) processes.emplace_back([=] { work(id, semaphore, inside); });
    for (auto& process : processes) process.start();
    for (auto& process : processes) process.join();
    println("All processes have finished. Permits: ", semaphore.get_value());
}
