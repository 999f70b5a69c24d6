/// @file
/// membarrier(2): fences that only one side pays for. One thread stores that it does something, and then loads whether
/// it may; another stores that it may not, and then loads whether the first one does it. Each needs a full fence
/// between the two, lest both miss what the other stored. The one that seldom comes can have the kernel make it in the
/// other, too; that one then only keeps the compiler from changing the order: fence_of_compiler().
#pragma once

#include <atomic>

#include "multiprocessing/export.hpp"
#include "multiprocessing/synchronize/identity.hpp"

namespace multiprocessing {
namespace sync MULTIPROCESSING_API {

/// What this thread stored the others see before it loads anything more.
inline void full_fence() noexcept {
#pragma GCC diagnostic push
#if defined(__SANITIZE_THREAD__)
#pragma GCC diagnostic ignored "-Wtsan"  // fences mean nothing to ThreadSanitizer
#endif
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#pragma GCC diagnostic pop
}

inline void fence_of_compiler() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// Whether the kernel has fence_threads(). (From 4.14 on.)
[[nodiscard]] bool can_fence_threads() noexcept;
/// Each thread of this process that runs passes a full fence meanwhile. Takes a microsecond or two, the first time in a
/// process of several threads ten milliseconds. @return false with the reason in errno
[[nodiscard]] bool fence_threads() noexcept;

/// Each thread that runs, of all processes that have enlisted, passes a full fence meanwhile; and the caller. Takes a
/// microsecond or two. @return false with the reason in errno: a sandbox may forbid it
[[nodiscard]] bool fence_enlisted() noexcept;
/// This process is in fence_enlisted() from now on. Takes ten milliseconds and more if it has several threads.
/// @return false with the reason in errno: the kernel has it from 4.16 on
bool enlist(ProcessId this_process) noexcept;
/// Whether this process has enlisted. A forked child has to do it anew; that takes microseconds.
[[nodiscard]] bool is_enlisted(ProcessId this_process) noexcept;

}  // namespace sync
}  // namespace multiprocessing
