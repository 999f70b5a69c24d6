/// @file
/// futex(2) between processes, and the clock that it waits by.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <limits>

namespace multiprocessing::sync {

/// Nanoseconds of CLOCK_MONOTONIC: a moment, or how long.
using Nanoseconds = std::int64_t;

constexpr Nanoseconds forever = std::numeric_limits<Nanoseconds>::max();

[[nodiscard]] inline Nanoseconds monotonic_now() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

/// The moment `timeout` from now; negative is for ever.
[[nodiscard]] inline Nanoseconds deadline_after(Nanoseconds timeout) noexcept {
    if (timeout < 0) return forever;
    const auto now = monotonic_now();
    return timeout > forever - now ? forever : now + timeout;
}

static_assert(std::endian::native == std::endian::little, "a futex is the low half of a 64-bit word here");

/// Waits while the 32 bits at `word` are `expected`, until the deadline at most. Returns early whenever it likes: the
/// caller looks again. Interrupted by signals as well. @return false if the time ran out
inline bool futex_wait(const void* word, std::uint32_t expected, Nanoseconds deadline) noexcept {
    const timespec time{deadline / 1'000'000'000, deadline % 1'000'000'000};
    return ::syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected, deadline == forever ? nullptr : &time, nullptr,
                     FUTEX_BITSET_MATCH_ANY) == 0 || errno != ETIMEDOUT;
}

/// Wakes at most `count` that wait on the word. @return how many
inline int futex_wake(const void* word, int count) noexcept {
    return static_cast<int>(::syscall(SYS_futex, word, FUTEX_WAKE, count, nullptr, nullptr, 0));
}

inline int futex_wake_all(const void* word) noexcept {
    return futex_wake(word, INT_MAX);
}

/// How often a thread that waits looks whether those it waits for still live. Also what bounds the harm of a process
/// that is killed between changing a word and waking who waits for it.
/// Tests make it long, so that a wake-up that was lost is not made good by the next look.
inline std::atomic<Nanoseconds> look_interval{40'000'000};

}  // namespace multiprocessing::sync
