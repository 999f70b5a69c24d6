// What G1_global_list cannot do: a child hands its results back through shared memory.
//
// The Array and the Value are made by the parent; a copy of the handle stands for the same memory, in the child too.
// After join() the child has ended, so nobody else changes what the parent reads.

#include <multiprocessing/process.hpp>
#include <multiprocessing/sharedctypes.hpp>

#include <cstddef>
#include <numeric>
#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

void square_all(const std::vector<int>& numbers, mp::Array<int> result, mp::Value<int> square_sum) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        result.set(static_cast<std::ptrdiff_t>(i), numbers[i] * numbers[i]);
    }
    const auto squares = result.copy();
    square_sum.set(std::accumulate(squares.begin(), squares.end(), 0));
    println("Result(in process p1): ", list(squares));
    println("Sum of squares(in process p1): ", square_sum.get());
}

int main() {
    const std::vector<int> numbers{1, 2, 3, 4};
    mp::Array<int> result(numbers.size());
    mp::Value<int> square_sum;

    mp::Process p1([=] { square_all(numbers, result, square_sum); });
    p1.start();
    p1.join();
    println("Result(in main program): ", list(result.copy()));
    println("Sum of squares(in main program): ", square_sum.get());
}
