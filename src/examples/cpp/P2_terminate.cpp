// terminate(): a task takes too long and is ended by a signal.
//
// An exit code below 0 names the signal: -15 is SIGTERM. The textbook version sleeps two seconds and hopes that the
// child has begun by then. Here the child says so, by releasing a lock that the parent took beforehand (a Lock belongs
// to nobody: any process may release it); then it gets a tenth of a second, which is not enough.

#include <multiprocessing/process.hpp>
#include <multiprocessing/synchronize.hpp>

#include <chrono>
#include <thread>

#include "println.hpp"

namespace mp = multiprocessing;
using namespace std::chrono_literals;

void long_task(mp::Lock started) {
    println("Starting long task...");
    started.release();
    std::this_thread::sleep_for(60s);
    println("Long task finished.");
}

int main() {
    mp::Lock started;
    started.acquire();
    mp::Process process([started] { long_task(started); });
    process.start();
    started.acquire();  // blocks until the child has released it

    process.join(100ms);
    if (process.is_alive()) process.terminate();
    process.join();
    println("Process terminated with exit code ", process.exitcode().value(), ".");
}
