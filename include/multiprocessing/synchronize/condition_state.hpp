/// @file
/// Condition as it lies in shared memory: a place for each that waits.
///
/// A place goes from `waiting` to `notified` (by a notify) or to `left` (by its owner, when the time ran out), each by
/// compare-and-set, so that exactly one of the two happens. A notified place is given back only after its owner has
/// taken the lock again. So a process that is killed with a notification in its hands leaves it standing there; those
/// that wait look now and then, and hand it to one who was waiting at that time, if there is one. Should that be
/// interrupted by a kill too, it is done again: a notification may then wake two, never none.
///
/// A notify waits for nobody. (CPython's waits until those it woke have woken, and so for ever if one was killed.)
#pragma once

#include <cstddef>
#include <optional>

#include "multiprocessing/export.hpp"
#include "multiprocessing/synchronize/lock_state.hpp"
#include "multiprocessing/synchronize/object.hpp"

namespace multiprocessing {
namespace sync MULTIPROCESSING_API {

struct ConditionState {
    std::atomic<std::uint64_t> next_ticket;  ///< places are notified in the order of their tickets
    std::atomic<std::uint32_t> crowd_calls;  ///< how often those without a place were all told to go
    std::atomic<std::uint32_t> crowd;        ///< how many wait without a place
    std::uint64_t reserved0;
    Header header;
    std::uint64_t reserved[4];

    struct alignas(64) Place {
        std::atomic<ProcessId> process;  ///< 0: free
        std::atomic<ThreadId> thread;
        std::atomic<std::uint32_t> state;
        std::uint32_t depth;  ///< how often its owner held the lock
        std::atomic<std::uint64_t> ticket;
        /// Who has a smaller ticket was waiting when this place was notified.
        std::atomic<std::uint64_t> horizon;
    };
    static constexpr std::uint32_t empty = 0, waiting = 1, notified = 2, left = 3;

    /// Who finds no place waits in the crowd. It is notified only when all are, or when more are than there are places;
    /// then all of it goes. Whoever can moves to a place that became free.
    static constexpr std::size_t places = 63;
    Place place[places];
};
static_assert(sizeof(ConditionState) == 4096 && offsetof(ConditionState, header) == header_offset &&
              offsetof(ConditionState, place) == 64);

void init(ConditionState& condition) noexcept;

/// One wait, from releasing the lock to having it again.
class ConditionWait {
public:
    /// Registers and releases the lock. @return nothing if the thread does not hold it
    [[nodiscard]] static std::optional<ConditionWait> enter(ConditionState& condition, LockState& lock,
                                                            ProcessId process, ThreadId thread) noexcept;
    /// Resumes one from its ticket().
    ConditionWait(ConditionState& condition, LockState& lock, std::int64_t ticket) noexcept;

    /// @param timeout negative: for ever @return whether it was notified
    [[nodiscard]] bool sleep(ProcessId process, ThreadId thread, Nanoseconds timeout) noexcept;
    enum class Left { timed_out, notified, deadlock };

    /// Takes the lock again, however long that lasts.
    /// @param since when it began to wait for the lock; 0: now
    /// @param in_deadlock not as_set @return deadlock: it is to be called again, and has not got the lock yet
    Left leave(ProcessId process, ThreadId thread, Nanoseconds since = 0,
               InDeadlock in_deadlock = InDeadlock::report) noexcept;
    [[nodiscard]] std::int64_t ticket() const noexcept;

private:
    ConditionWait(ConditionState& condition, LockState& lock, ConditionState::Place* place, std::uint32_t depth,
                  std::uint32_t calls) noexcept
        : condition_(&condition), lock_(&lock), place_(place), depth_(depth), calls_(calls) {}
    [[nodiscard]] bool notified() const noexcept;
    void move_to_place(ProcessId process, ThreadId thread) noexcept;

    ConditionState* condition_;
    LockState* lock_;
    ConditionState::Place* place_;  ///< null: in the crowd
    std::uint32_t depth_;
    std::uint32_t calls_;  ///< of the crowd, when it began to wait
};

/// Wakes up to `count` of those that wait; negative: all. The caller holds the lock.
/// @return how many it woke, the crowd being one
int notify(ConditionState& condition, int count) noexcept;

/// How many wait, the dead not counted.
[[nodiscard]] int waiters(const ConditionState& condition) noexcept;

}  // namespace sync
}  // namespace multiprocessing
