/// @file
/// Semaphore and BoundedSemaphore as they lie in shared memory.
///
/// One word holds the permits, and every change of it is one compare-and-set. A plain acquire or release is no more
/// than that. A tracked one also has to be booked on its process, in another word, and a kill may come in between: so
/// the word names the booking that goes with its last change (which holder, what to do, under which version), and
/// whoever changes the word next carries it out first if that has not been done. A booking is applied once because
/// each holder's word says which version it was last changed under. There is no moment at which a permit is neither
/// free nor booked, and nobody waits for a process to finish.
///
/// `contended` is set by who goes to sleep, and cleared by a release alone that then woke nobody, if the word is still
/// what that release made it: its version says so. While it was that, there was a permit, and nobody can have gone to
/// sleep. A release that wakes somebody leaves the flag: there may be more. So every permit that comes while somebody
/// sleeps wakes one. A waiter that is killed after it was woken leaves the permit to the others, who look for
/// themselves after look_interval.
#pragma once

#include <cstddef>

#include "multiprocessing/export.hpp"
#include "multiprocessing/synchronize/object.hpp"

namespace multiprocessing {
namespace sync MULTIPROCESSING_API {

struct SemaphoreState {
    /// Bits 0-30: permits. 31: contended. 32-37: the holder that is to be booked, from 1; 0: none. 38-39: how.
    /// 40-63: version.
    std::atomic<std::uint64_t> word;
    std::uint64_t bound;  ///< the most permits there may be
    std::uint64_t reserved0;
    Header header;
    std::uint64_t reserved[4];
    Name<64> name;
    Waiters waiters;

    /// A process that has taken tracked permits. It keeps its place until it has died and another needs it.
    struct Holder {
        std::atomic<ProcessId> process;
        /// Bits 0-31: its permits. 40-63: the version of the word under which that was booked last.
        std::atomic<std::uint64_t> booked;
    };
    /// Further processes take permits untracked.
    static constexpr std::size_t places = 44;
    Holder holders[places];

    static constexpr std::uint64_t contended = std::uint64_t{1} << 31;
    static constexpr int holder_shift = 32;
    static constexpr std::uint64_t booking_mask = std::uint64_t{63} << holder_shift;
    static constexpr int version_shift = 40;
};
static_assert(sizeof(SemaphoreState) == 1024 && offsetof(SemaphoreState, header) == header_offset &&
              offsetof(SemaphoreState, name) == 64 && offsetof(SemaphoreState, waiters) == 128 &&
              offsetof(SemaphoreState, holders) == 320);

/// The most permits: 2^31 - 1.
constexpr std::uint64_t max_permits = (std::uint64_t{1} << 31) - 1;

void init(SemaphoreState& semaphore, std::uint32_t value, std::uint32_t bound, std::string_view name) noexcept;

/// @param tracked the permit comes back if the process dies before it releases one so
/// @param timeout negative: for ever @param since when the wait began; 0: now @return whether it was taken
[[nodiscard]] bool acquire(SemaphoreState& semaphore, ProcessId process, ThreadId thread, bool tracked,
                           Nanoseconds timeout, Nanoseconds since = 0) noexcept;

/// @param tracked off the process's tracked permits, if it has any @return false if there are `bound` permits already
bool release(SemaphoreState& semaphore, ProcessId process, bool tracked) noexcept;

/// The permits at this moment, those included that come back from the dead.
[[nodiscard]] std::uint32_t value(SemaphoreState& semaphore) noexcept;

}  // namespace sync
}  // namespace multiprocessing
