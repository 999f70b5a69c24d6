#include "multiprocessing/synchronize/membarrier.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace multiprocessing::sync {
namespace {

constinit std::atomic<ProcessId> enlisted{0};

long membarrier(int command) noexcept {
    return ::syscall(SYS_membarrier, command, 0, 0);
}

}  // namespace

bool can_fence_threads() noexcept {
    const auto known = membarrier(MEMBARRIER_CMD_QUERY);
    return known > 0 && (known & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0;
}

bool fence_threads() noexcept {
    // A child of fork may have to say again that it will do that.
    return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
           membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
}

bool fence_enlisted() noexcept {
    return membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED) == 0;
}

bool enlist(ProcessId this_process) noexcept {
    if (membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) != 0) return false;
    enlisted.store(this_process, std::memory_order_release);
    return true;
}

bool is_enlisted(ProcessId this_process) noexcept {
    return enlisted.load(std::memory_order_acquire) == this_process;
}

}  // namespace multiprocessing::sync
