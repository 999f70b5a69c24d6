// One process counts a Value up, another counts it down: it ends where it began.
//
// Each step changes the value and prints it under the value's own lock. So every line shows the number of the line
// before, plus or minus 1, however the two take turns.
//
// The textbook version keeps the number in named shared memory, and a named semaphore beside it: after a crash the next
// run begins with the old number, or blocks on the old semaphore. Ours has no name and goes with the processes.

#include <multiprocessing/process.hpp>
#include <multiprocessing/sharedctypes.hpp>

#include <mutex>

#include "println.hpp"

namespace mp = multiprocessing;

constexpr int steps = 5;

void increment(mp::Value<int> shared_value) {
    for (int i = 0; i < steps; ++i) {
        std::lock_guard guard{shared_value.get_lock()};
        shared_value.set(shared_value.get() + 1);
        println("Incrementer: Increased shared value to ", shared_value.get());
    }
}

void decrement(mp::Value<int> shared_value) {
    for (int i = 0; i < steps; ++i) {
        std::lock_guard guard{shared_value.get_lock()};
        shared_value.set(shared_value.get() - 1);
        println("Decrementer: Decreased shared value to ", shared_value.get());
    }
}

int main() {
    mp::Value<int> shared_value(0);
    mp::Process incrementer([=] { increment(shared_value); });
    mp::Process decrementer([=] { decrement(shared_value); });
    incrementer.start();
    decrementer.start();
    incrementer.join();
    decrementer.join();
    println("Final shared value: ", shared_value.get());
}
