/// System calls without what glibc wraps around them: for signal handlers, and for processes whose other threads hold
/// locks that they will never release.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace multiprocessing::jvm::raw {

inline pid_t gettid() {
    return static_cast<pid_t>(::syscall(SYS_gettid));
}

inline pid_t getpid() {
    return static_cast<pid_t>(::syscall(SYS_getpid));
}

inline void futex_wake(std::atomic<std::uint32_t>& word) {
    ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1 << 30, nullptr, nullptr, 0);
}

/// Waits while the word has that value, at most `nanoseconds`; negative waits for ever. May return early.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t value, long nanoseconds = -1) {
    const timespec timeout{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nanoseconds < 0 ? nullptr : &timeout, nullptr, 0);
}

inline long now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace multiprocessing::jvm::raw
