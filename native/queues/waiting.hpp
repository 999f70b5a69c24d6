/// @file
/// How the operations of a queue wait: for the lock of their side, and for the other side.
#pragma once

#include <algorithm>
#include <optional>

#include "multiprocessing/queues/queue_state.hpp"
#include "multiprocessing/synchronize/membarrier.hpp"

namespace multiprocessing::queues {

inline void pause() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// About as long as another takes to copy a small message.
constexpr int spins_for_lock = 100;

/// For how long who does not want to wait waits for a writer or reader that is at work.
constexpr Nanoseconds longest_turn = 100'000'000;

/// The time that a caller has. Asks the clock only when somebody asks it.
class Timer {
public:
    explicit Timer(const Caller& caller) noexcept : timeout_(caller.timeout) {}
    /// What is left of the time: negative: for ever; 0: nothing.
    [[nodiscard]] Nanoseconds left() noexcept {
        if (timeout_ <= 0) return timeout_ < 0 ? -1 : 0;
        const auto now = sync::monotonic_now();
        if (deadline_ == 0) deadline_ = timeout_ > sync::forever - now ? sync::forever : now + timeout_;
        return deadline_ > now ? deadline_ - now : 0;
    }

private:
    const Nanoseconds timeout_;
    Nanoseconds deadline_ = 0;
};

/// Takes the lock of a side. Who does not want to wait still waits for another's copying, but not for one who waits
/// himself, nor for one who was stopped.
[[nodiscard]] sync::Acquired enter(sync::LockState& lock, const std::atomic<std::uint32_t>& stalls,
                                   const Caller& caller, Timer& timer) noexcept;

/// Leaves word that somebody is about to sleep. @return what to sleep on, if there is nothing to do then still
[[nodiscard]] std::uint32_t announce(Sleepers& sleepers, bool mixed) noexcept;

/// The way of a wake() that finds somebody.
void wake_sleepers(Sleepers& sleepers, bool all) noexcept;

/// After something has happened: wakes one who waits for that, or all. The caller gave back a lock meanwhile, so that
/// the processor has made known what happened before it looks here; in a keeper, that did not, readers have a fence
/// made before they sleep.
inline void wake(Sleepers& sleepers, bool all = false) noexcept {
    if ((sleepers.word.load(std::memory_order_seq_cst) & Sleepers::some) != 0) wake_sleepers(sleepers, all);
}

/// Looks for a short while without sleeping: a message that comes at once then costs no system call on either side.
/// Where that is of no use, since the other side does not run meanwhile, it is tried only once in a while.
template <typename Ready>
[[nodiscard]] bool spin(Sleepers& sleepers, Ready&& ready) noexcept {
    constexpr int looks = 256;
    if (!sleepers.spin.is_due()) return false;
    for (int i = 0; i < looks; ++i) {
        if (ready()) {
            sleepers.spin.was_of_use();
            return true;
        }
        pause();
    }
    sleepers.spin.was_of_no_use();
    return false;
}

/// One wait for the other side, of however many sleeps.
class Waiting {
public:
    /// @param keeper of readers: the queue's. It looks who sleeps, after it has put a message, without a fence between.
    Waiting(Sleepers& sleepers, sync::Waiters& waiters, const Caller& caller,
            const std::atomic<std::uint32_t>* keeper = nullptr) noexcept
        : sleepers_(sleepers), waiters_(waiters), caller_(caller), keeper_(keeper) {}

    /// Waits until it may be ready. @param mixed different callers wait for different things
    /// @return false if the time ran out
    template <typename Ready>
    [[nodiscard]] bool wait(Ready&& ready, bool mixed = false) noexcept {
        if (caller_.timeout == 0) return false;
        if (!wait_) {
            if (is_fresh() && spin(sleepers_, ready)) return true;
            wait_.emplace(waiters_, caller_.process, caller_.thread, caller_.timeout, caller_.since);
        }
        if (wait_->over()) return false;
        const auto word = announce(sleepers_, mixed);
        // If it cannot be done: nobody sleeps for longer than until the next look.
        if (keeper_ != nullptr && keeper_->load(std::memory_order_seq_cst) != 0) {
            static_cast<void>(sync::fence_enlisted());
        }
        if (!ready()) wait_->sleep(sleepers_.word, word);
        return true;
    }
    /// Whether it is time to see whether those one waits for still live.
    [[nodiscard]] bool look() const noexcept { return wait_ && wait_->look(); }
    /// Whether it was not long so far: nobody had to sleep.
    [[nodiscard]] bool is_short() const noexcept { return !wait_; }
    /// The caller gives up: if it was woken for something, somebody else is to have that.
    void give_up(bool ready) noexcept {
        if (ready && wait_ && wait_->slept()) wake(sleepers_);
    }

private:
    /// Not the later slice of a wait that has lasted already.
    [[nodiscard]] bool is_fresh() const noexcept {
        return caller_.since == 0 || sync::monotonic_now() - caller_.since < 1'000'000;
    }

    Sleepers& sleepers_;
    sync::Waiters& waiters_;
    const Caller& caller_;
    const std::atomic<std::uint32_t>* const keeper_;
    std::optional<sync::Wait> wait_{};
};

}  // namespace multiprocessing::queues
