/// @file
/// One number in shared memory.
#include <mutex>
#include <stdexcept>

#include "figures.hpp"
#include "multiprocessing/sharedctypes.hpp"

namespace bench {
namespace {

std::chrono::nanoseconds locked_increment(long iterations) {
    multiprocessing::Value<int> value{0};
    const auto elapsed = time(iterations, [&](long) {
        std::lock_guard guard{value.get_lock()};
        value.set(value.get() + 1);
    });
    if (value.get() != iterations) throw std::runtime_error("increments were lost");
    return elapsed;
}

}  // namespace

void add_value(Figures& figures) {
    figures["value.locked_increment"] = locked_increment;
    figures["value.raw_get"] = [](long iterations) {
        const multiprocessing::RawValue<int> value{7};
        return time(iterations, [&](long) { consume(value.value()); });
    };
    figures["value.raw_set"] = [](long iterations) {
        multiprocessing::RawValue<int> value;
        return time(iterations, [&](long i) { value.value() = static_cast<int>(i); });
    };
    figures["value.atomic_add"] = [](long iterations) {
        multiprocessing::Value<int> value{0};
        return time(iterations, [&](long) { value.fetch_add(1); });
    };
}

}  // namespace bench
