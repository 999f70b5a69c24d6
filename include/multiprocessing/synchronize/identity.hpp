/// @file
/// Who holds and who waits: processes and threads as numbers that may stand in shared memory.
///
/// All processes that share an object must see each other under the same pids, that is, live in one pid namespace.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>

#include "multiprocessing/export.hpp"

namespace multiprocessing {
namespace sync MULTIPROCESSING_API {

/// A process for good: its pid in the low 22 bits (Linux gives out no more) and the low 32 bits of the tick of its
/// start in the high half. Pids are used again, but not within the same hundredth of a second, nor 497 days later on
/// the tick. Never 0. The bits 22 to 31 are free for others.
using ProcessId = std::uint64_t;

constexpr ProcessId pid_bits = (ProcessId{1} << 22) - 1;
constexpr ProcessId process_bits = pid_bits | ~ProcessId{0} << 32;

[[nodiscard]] constexpr pid_t pid_of(ProcessId process) {
    return static_cast<pid_t>(process & pid_bits);
}

/// A thread of a process: negative a kernel thread's id, positive a number that the caller gave it (Java's threads have
/// numbers of their own). 0 is none.
using ThreadId = std::int64_t;

namespace detail {
/// Where this process's id is cached. The page behind it is wiped in every child, however it was forked: by fork(2) or
/// by a bare clone(2), which runs no pthread_atfork handlers. (glibc's getpid() is a system call each time.)
extern std::atomic<const std::atomic<ProcessId>*> identity;
[[nodiscard]] ProcessId find_identity() noexcept;

struct CachedThread {
    ProcessId process;
    ThreadId thread;
};
/// Found without a call, though in a library that is loaded later: glibc keeps 1.5 KiB in each thread for the
/// thread-local variables of such libraries, of which all of ours together take half a KiB.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local CachedThread cached_thread;
[[nodiscard]] ThreadId find_thread(ProcessId process) noexcept;
}  // namespace detail

/// The calling process. Takes a nanosecond; after a fork once a few microseconds.
[[nodiscard]] inline ProcessId this_process() noexcept {
    const auto cached = detail::identity.load(std::memory_order_acquire)->load(std::memory_order_relaxed);
    return cached != 0 ? cached : detail::find_identity();
}

/// The calling thread by its kernel id, negative. In a forked child the thread has another one.
[[nodiscard]] inline ThreadId this_thread(ProcessId process) noexcept {
    const auto& cached = detail::cached_thread;
    return cached.process == process ? cached.thread : detail::find_thread(process);
}

/// Whether the process still runs; a zombie does not. Where the system does not tell, it counts as alive: a lock is
/// never taken away on suspicion. Takes some microseconds.
[[nodiscard]] bool is_alive(ProcessId process) noexcept;

/// The same, as it was at most some milliseconds ago: for callers that ask again and again.
[[nodiscard]] bool was_alive_lately(ProcessId process) noexcept;

}  // namespace sync
}  // namespace multiprocessing
