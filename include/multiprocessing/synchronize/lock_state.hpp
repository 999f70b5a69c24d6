/// @file
/// Lock and RLock as they lie in shared memory.
///
/// The word itself names the owner: taking the lock and recording who has it is one compare-and-set, so there is no
/// moment at which a kill loses the owner. Everything else is written by the owner alone, and believed by nobody while
/// the word names another. What a SIGKILL can interrupt, and why it does no harm:
///
/// - After the word was taken, before thread and depth are written: the word names a dead process; the next one takes
///   over and writes them anew.
/// - While releasing, before the word is cleared: as if it had died holding the lock.
/// - After the word was cleared, before a waiter was woken; or a waiter that was woken, before it took the lock: the
///   lock is free, and the others, who never sleep for longer than look_interval, find it so.
/// - A waiter, after it set the flag: the next release wakes nobody, in vain, and that is all.
/// - While taking over, at any point: the word names the dead or the dead taker, and is taken over again.
///
/// The flag `contended` says that somebody may sleep. A release clears it together with the owner and wakes one; the
/// one woken does not know who else sleeps, and sets it again with the lock (Drepper, "Futexes are tricky", mutex3); if
/// it gives up instead, it sets it on the way out. So no wake-up gets lost, only sometimes sent to nobody.
#pragma once

#include <cstddef>
#include <optional>

#include "multiprocessing/export.hpp"
#include "multiprocessing/synchronize/object.hpp"

namespace multiprocessing {
namespace sync MULTIPROCESSING_API {

struct LockState {
    std::atomic<std::uint64_t> word;   ///< 0: free; else the owner's ProcessId and the flags
    std::atomic<ThreadId> thread;      ///< the owner's; 0 while the lock is free
    std::atomic<std::uint64_t> depth;  ///< how often the owner of an RLock holds it
    Header header;
    std::atomic<ProcessId> dead_owner;  ///< whom it was last taken over from
    std::atomic<ThreadId> dead_thread;
    std::uint64_t reserved[2];
    Name<64> name;
    Waiters waiters;

    /// Somebody may sleep on the low half of the word.
    static constexpr std::uint64_t contended = std::uint64_t{1} << 31;
    /// The owner took it from a dead one.
    static constexpr std::uint64_t recovered = std::uint64_t{1} << 30;
    /// It is being taken over: `thread` is still the dead owner's, which may be a number of ours as well.
    static constexpr std::uint64_t settling = std::uint64_t{1} << 29;

    [[nodiscard]] bool recursive() const noexcept { return header.kind == Kind::rlock; }
};
static_assert(sizeof(LockState) == 320 && offsetof(LockState, header) == header_offset &&
              offsetof(LockState, name) == 64 && offsetof(LockState, waiters) == 128);
static_assert((process_bits & (LockState::contended | LockState::recovered | LockState::settling)) == 0);

enum class Acquired { timed_out = 0, taken = 1, recovered = 2, deadlock = 3 };

/// What an acquire does that finds itself in a deadlock, unless deadlocks are to be ignored.
enum class InDeadlock {
    as_set,  ///< what set_deadlock_action() says
    report,  ///< writes a line to stderr, and waits on: for who has to have the lock
    tell,    ///< answers `deadlock`, once for each beginning of a wait: for who has to have it, and writes a report
};

void init(LockState& lock, bool recursive, std::string_view name) noexcept;

/// The way of those who find the lock taken.
[[nodiscard]] Acquired acquire_taken_lock(LockState& lock, ProcessId process, ThreadId thread, Nanoseconds timeout,
                                          Nanoseconds since, InDeadlock in_deadlock) noexcept;
void wake_after_release(LockState& lock) noexcept;

/// Whether this thread holds it.
[[nodiscard]] inline bool is_mine(const LockState& lock, ProcessId process, ThreadId thread) noexcept {
    constexpr auto settled_owner = process_bits | LockState::settling;
    return lock.thread.load(std::memory_order_relaxed) == thread &&
           (lock.word.load(std::memory_order_relaxed) & settled_owner) == process;
}

/// Takes the lock if it is free; does not look whether its owner lives.
[[nodiscard]] inline bool try_take(LockState& lock, ProcessId process, ThreadId thread,
                                   std::uint64_t flags = 0) noexcept {
    std::uint64_t free = 0;
    if (!lock.word.compare_exchange_strong(free, process | flags, std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
        return false;
    }
    lock.thread.store(thread, std::memory_order_relaxed);
    lock.depth.store(1, std::memory_order_relaxed);
    return true;
}

/// @param timeout negative: for ever @param since when the wait began; 0: now
[[nodiscard]] inline Acquired acquire(LockState& lock, ProcessId process, ThreadId thread, Nanoseconds timeout,
                                      Nanoseconds since = 0,
                                      InDeadlock in_deadlock = InDeadlock::as_set) noexcept {
    if (try_take(lock, process, thread)) return Acquired::taken;
    if (lock.recursive() && is_mine(lock, process, thread)) {
        lock.depth.store(lock.depth.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        return Acquired::taken;
    }
    return acquire_taken_lock(lock, process, thread, timeout, since, in_deadlock);
}

/// Gives it up altogether. @return false if it was free
inline bool release_fully(LockState& lock) noexcept {
    if (lock.word.load(std::memory_order_relaxed) == 0) return false;
    lock.thread.store(0, std::memory_order_relaxed);
    if ((lock.word.exchange(0, std::memory_order_release) & LockState::contended) != 0) wake_after_release(lock);
    return true;
}

/// @return false if it is free (Lock) or not this thread's (RLock)
inline bool release(LockState& lock, ProcessId process, ThreadId thread) noexcept {
    if (!lock.recursive()) return release_fully(lock);
    if (!is_mine(lock, process, thread)) return false;
    const auto depth = lock.depth.load(std::memory_order_relaxed) - 1;
    lock.depth.store(depth, std::memory_order_relaxed);
    return depth > 0 || release_fully(lock);
}

/// How often this thread holds it.
[[nodiscard]] inline std::uint64_t depth(const LockState& lock, ProcessId process, ThreadId thread) noexcept {
    return is_mine(lock, process, thread) ? lock.depth.load(std::memory_order_relaxed) : 0;
}

/// Whether a living process holds it. What a dead one held is as good as free: the next acquire gets it.
[[nodiscard]] bool locked(const LockState& lock) noexcept;

[[nodiscard]] inline bool was_recovered(const LockState& lock) noexcept {
    return (lock.word.load(std::memory_order_relaxed) & LockState::recovered) != 0;
}

}  // namespace sync
}  // namespace multiprocessing
