// A deadlock, reported and ended: two processes take two locks in opposite order.
//
// Each waits for the lock that the other holds, for ever. deadlocks() sees that in the locks themselves: they know who
// holds them and who waits. Then one of the two is terminated; its lock goes to the other, which can end.
//
// The textbook version hangs until somebody presses ^C, and its named semaphores stay behind, taken, so that the next
// run hangs at its first line. Taking locks in the same order everywhere avoids all this: see S3_dining_philosophers.

#include <multiprocessing/deadlock.hpp>
#include <multiprocessing/process.hpp>
#include <multiprocessing/synchronize.hpp>

#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include "println.hpp"

namespace mp = multiprocessing;
using namespace std::chrono_literals;

void work(const std::string& name, mp::Lock first, mp::Lock second, mp::Barrier both_hold_one) {
    std::lock_guard own{first};
    println(name, " holds lock ", first.name());
    both_hold_one.wait();
    println(name, " waits for lock ", second.name());
    std::lock_guard other{second};
    println(name, " got lock ", second.name());
}

int main() {
    mp::Lock a("a");
    mp::Lock b("b");
    mp::Barrier both_hold_one(2);
    std::array<mp::Process, 2> processes{
        mp::Process("Process 1", [=] { work("Process 1", a, b, both_hold_one); }),
        mp::Process("Process 2", [=] { work("Process 2", b, a, both_hold_one); }),
    };
    for (auto& process : processes) process.start();

    auto found = mp::deadlocks();
    for (; found.empty(); found = mp::deadlocks()) std::this_thread::sleep_for(10ms);
    for (const auto& process : processes) {
        for (const auto& member : found.front()) {
            if (member.pid == process.pid()) println("Deadlock: ", process.name(), " waits for lock ", member.lock);
        }
    }
    processes[0].terminate();
    for (auto& process : processes) {
        process.join();
        println("Ended: ", process.name(), " with exit code ", *process.exitcode());
    }
}
