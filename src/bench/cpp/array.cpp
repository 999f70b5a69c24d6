/// @file
/// Numbers in a row in shared memory, as a whole and one by one.
#include <cstring>

#include "figures.hpp"
#include "multiprocessing/sharedctypes.hpp"

namespace bench {
namespace {

/// The length of the arrays that are copied as a whole.
constexpr std::size_t doubles = 1'000'000;
/// The last index of the arrays whose elements are read and written one by one.
constexpr long mask = 1'023;

std::chrono::nanoseconds bulk_copy(long iterations) {
    const multiprocessing::RawArray<double> target(doubles);
    const std::vector<double> source(doubles, 1.0);
    const auto copy = [&](long) { std::memcpy(target.begin(), source.data(), doubles * sizeof(double)); };
    copy(0);  // the first copy pays for the pages
    return time(iterations, copy);
}

}  // namespace

void add_array(Figures& figures) {
    figures["array.bulk_copy"] = bulk_copy;
    figures["array.get"] = [](long iterations) {
        const multiprocessing::Array<double> values(mask + 1);
        return time(iterations, [&](long i) { consume(values.get(i & mask)); });
    };
    figures["array.set"] = [](long iterations) {
        multiprocessing::Array<double> values(mask + 1);
        return time(iterations, [&](long i) { values.set(i & mask, static_cast<double>(i)); });
    };
    figures["array.raw_get"] = [](long iterations) {
        const multiprocessing::RawArray<double> values(mask + 1);
        return time(iterations, [&](long i) { consume(values[i & mask]); });
    };
}

}  // namespace bench
