// An Array in shared memory: each of five processes changes the one element that is its own.
//
// No lock is needed around reading and writing element i, because nobody else touches it. With two processes on one
// element this would be the race of N2_shared_value_racy.

#include <multiprocessing/process.hpp>
#include <multiprocessing/sharedctypes.hpp>

#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

void increment(mp::Array<int> arr, int i) {
    arr.set(i, arr.get(i) + 1);
    println("PID ", mp::getpid(), ": arr[", i, "] = ", arr.get(i));
}

int main() {
    mp::Array<int> arr{0, 1, 2, 3, 4};
    std::vector<mp::Process> processes;
    for (int i = 0; i < 5; ++i) processes.emplace_back([arr, i] { increment(arr, i); });
    for (auto& process : processes) process.start();
    for (auto& process : processes) process.join();
    println("Updated array: ", list(arr.copy()));
}
