// A global list is not shared: the child fills its own copy, and the parent's stays empty.
//
// A global variable is ordinary memory, and fork() copies it. The parent never sees what the child appends.
// G2_array_and_value shows how to share.

#include <multiprocessing/process.hpp>

#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

std::vector<int> result;

void square_all(const std::vector<int>& numbers) {
    for (const int number : numbers) result.push_back(number * number);
    println("Result(in process p1) ", list(result));
}

int main() {
    mp::Process p1([] { square_all({1, 2, 3, 4}); });
    p1.start();
    p1.join();
    println("Result(in main program) ", list(result));
}
