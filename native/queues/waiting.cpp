#include "waiting.hpp"

#include <algorithm>
#include <climits>

namespace multiprocessing::queues {
namespace {

using sync::Acquired;
using sync::LockState;

/// How often he looks whether its owner waits himself.
constexpr Nanoseconds turn_step = 1'000'000;

/// Takes the lock unless its owner waits for the other side, or does nothing for long.
Acquired enter_without_waiting(LockState& lock, const std::atomic<std::uint32_t>& stalls,
                               const Caller& caller) noexcept {
    for (Nanoseconds waited = 0; waited < longest_turn; waited += turn_step) {
        const bool stalled = stalls.load(std::memory_order_relaxed) != 0;
        const auto timeout = stalled ? 0 : turn_step;
        const auto how =
            sync::acquire(lock, caller.process, caller.thread, timeout, 0, sync::InDeadlock::report);
        if (how != Acquired::timed_out || stalled) return how;
    }
    return Acquired::timed_out;
}

}  // namespace

Acquired enter(LockState& lock, const std::atomic<std::uint32_t>& stalls, const Caller& caller, Timer& timer) noexcept {
    for (int i = 0; i < spins_for_lock; ++i) {
        if (lock.word.load(std::memory_order_relaxed) == 0 && sync::try_take(lock, caller.process, caller.thread)) {
            return Acquired::taken;
        }
        pause();
    }
    const auto left = timer.left();
    if (left == 0) return enter_without_waiting(lock, stalls, caller);
    return sync::acquire(lock, caller.process, caller.thread, left, caller.since, sync::InDeadlock::report);
}

std::uint32_t announce(Sleepers& sleepers, bool mixed) noexcept {
    const auto flags = Sleepers::some | (mixed ? Sleepers::mixed : 0);
    auto word = sleepers.word.load(std::memory_order_relaxed);
    std::uint64_t next;
    do {
        next = (word + Sleepers::one_change) | flags;
    } while (!sleepers.word.compare_exchange_weak(word, next, std::memory_order_seq_cst, std::memory_order_relaxed));
    return static_cast<std::uint32_t>(next);
}

void wake_sleepers(Sleepers& sleepers, bool all) noexcept {
    auto word = sleepers.word.load(std::memory_order_relaxed);
    do {
        if ((word & Sleepers::some) == 0) return;
    } while (!sleepers.word.compare_exchange_weak(word, word + Sleepers::one_change, std::memory_order_seq_cst,
                                                  std::memory_order_relaxed));
    word += Sleepers::one_change;
    const int count = all || (word & Sleepers::mixed) != 0 ? INT_MAX : 1;
    if (sync::futex_wake(&sleepers.word, count) >= count) return;
    // None is left of those that slept when the word was changed; who came since has changed it as well.
    sleepers.word.compare_exchange_strong(word, word & ~(Sleepers::some | Sleepers::mixed), std::memory_order_relaxed);
}

}  // namespace multiprocessing::queues
