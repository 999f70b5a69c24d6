// One process adds 1 to all elements of an Array, another takes 1 off: every printed row is uniform.
//
// The textbook version has no lock at all, so that the other process can come between two elements and rows of unequal
// numbers appear; and it runs until somebody interrupts it. An Array locks each access to one element, which would not
// help against that. Here the array's lock is held around the whole row, from the first element to the printed line,
// and each process does five rounds.

#include <multiprocessing/process.hpp>
#include <multiprocessing/sharedctypes.hpp>

#include <mutex>

#include "println.hpp"

namespace mp = multiprocessing;

constexpr int rounds = 5;

/// The caller holds the array's lock: the elements are changed without taking it for each.
void add_to_all(mp::Array<int>& array, int delta) {
    for (int& element : array.get_obj()) element += delta;
}

void increment(mp::Array<int> array) {
    for (int i = 0; i < rounds; ++i) {
        std::lock_guard guard{array.get_lock()};
        add_to_all(array, 1);
        println("Array incremented: ", list(array.copy()));
    }
}

void decrement(mp::Array<int> array) {
    for (int i = 0; i < rounds; ++i) {
        std::lock_guard guard{array.get_lock()};
        add_to_all(array, -1);
        println("Array decremented: ", list(array.copy()));
    }
}

int main() {
    mp::Array<int> array{0, 0, 0};
    mp::Process incrementer([=] { increment(array); });
    mp::Process decrementer([=] { decrement(array); });
    incrementer.start();
    decrementer.start();
    incrementer.join();
    decrementer.join();
    println("Final array state: ", list(array.copy()));
}
