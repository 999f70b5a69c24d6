/// @file
/// What waits adapt by.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "multiprocessing/export.hpp"

namespace multiprocessing {
namespace sync MULTIPROCESSING_API {

/// How often to do something that is of use at some times and not at others: always, as long as it is; where it is
/// not, only once in a while.
class Habit {
public:
    /// Whether it is to be done now.
    [[nodiscard]] bool is_due() noexcept {
        const auto state = state_.load(std::memory_order_relaxed);
        if ((state & 0xffff) == 0) return true;
        state_.store(state - 1, std::memory_order_relaxed);
        return false;
    }
    void was_of_use() noexcept {
        if (state_.load(std::memory_order_relaxed) != 0) state_.store(0, std::memory_order_relaxed);
    }
    /// @param most of the times that follow at which it is not done
    void was_of_no_use(std::uint16_t most = 63) noexcept {
        const auto next = std::min<std::uint32_t>(2 * (state_.load(std::memory_order_relaxed) >> 16) + 1, most);
        state_.store(next << 16 | next, std::memory_order_relaxed);
    }
    /// It is not done the next 1000 times.
    void rest() noexcept { state_.store(1000, std::memory_order_relaxed); }

private:
    /// In bits 0-15 how often it is not done yet, above how often it was not done after the last time it was of no use.
    std::atomic<std::uint32_t> state_;
};

}  // namespace sync
}  // namespace multiprocessing
