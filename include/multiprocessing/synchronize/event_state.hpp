/// @file
/// Event as it lies in shared memory: one word, no lock. So it may be set in a signal handler too, and a process that
/// is killed in any of its operations leaves nothing half done; those that it had still to wake look for themselves
/// after look_interval.
#pragma once

#include <cstddef>

#include "multiprocessing/export.hpp"
#include "multiprocessing/synchronize/object.hpp"

namespace multiprocessing {
namespace sync MULTIPROCESSING_API {

struct EventState {
    /// Bit 0: set. 1: somebody may sleep. 2-31: how often it was set, so that who waits learns of a set() that was
    /// followed by a clear() at once.
    std::atomic<std::uint32_t> word;
    std::uint32_t reserved0;
    std::uint64_t reserved1[2];
    Header header;
    std::uint64_t reserved2[4];

    static constexpr std::uint32_t set_bit = 1, contended = 2, one_set = 4;
};
static_assert(sizeof(EventState) == 64 && offsetof(EventState, header) == header_offset);

inline void init(EventState& event) noexcept {
    event.header.publish(Kind::event);
}

[[nodiscard]] inline bool is_set(const EventState& event) noexcept {
    return (event.word.load(std::memory_order_acquire) & EventState::set_bit) != 0;
}

void set(EventState& event) noexcept;

inline void clear(EventState& event) noexcept {
    event.word.fetch_and(~EventState::set_bit, std::memory_order_relaxed);
}

/// @param timeout negative: for ever @return whether it is set, or was set meanwhile
[[nodiscard]] bool wait(EventState& event, Nanoseconds timeout) noexcept;

}  // namespace sync
}  // namespace multiprocessing
