#include "multiprocessing/synchronize/lock_state.hpp"

#include "deadlock_watch.hpp"

namespace multiprocessing::sync {
namespace {

/// Takes the lock from its owner, who is dead, unless another was faster.
bool take_over(LockState& lock, std::uint64_t word, ProcessId process, ThreadId thread) noexcept {
    const auto taken = process | LockState::recovered | LockState::settling | (word & LockState::contended);
    if (!lock.word.compare_exchange_strong(word, taken, std::memory_order_acquire, std::memory_order_relaxed)) {
        return false;
    }
    lock.dead_owner.store(word & process_bits, std::memory_order_relaxed);
    lock.dead_thread.store(lock.thread.load(std::memory_order_relaxed), std::memory_order_relaxed);
    lock.depth.store(1, std::memory_order_relaxed);
    lock.thread.store(thread, std::memory_order_relaxed);
    lock.word.fetch_and(~LockState::settling, std::memory_order_release);
    return true;
}

/// Whoever slept may have been woken in the place of another, and does not take the lock now: the next release has to
/// wake that one. @return false if the lock is free
bool pass_wake_up_on(LockState& lock) noexcept {
    auto word = lock.word.load(std::memory_order_relaxed);
    while (word != 0 && (word & LockState::contended) == 0) {
        if (lock.word.compare_exchange_weak(word, word | LockState::contended, std::memory_order_relaxed)) return true;
    }
    return word != 0;
}

}  // namespace

void init(LockState& lock, bool recursive, std::string_view name) noexcept {
    lock.name.set(name);
    lock.header.publish(recursive ? Kind::rlock : Kind::lock);
}

Acquired acquire_taken_lock(LockState& lock, ProcessId process, ThreadId thread, Nanoseconds timeout,
                            Nanoseconds since, InDeadlock in_deadlock) noexcept {
    Wait wait(lock.waiters, process, thread, timeout, since);
    DeadlockWatch watch(lock, process, thread, in_deadlock);
    for (;;) {
        if (try_take(lock, process, thread, wait.slept() ? LockState::contended : 0)) return Acquired::taken;
        const auto word = lock.word.load(std::memory_order_relaxed);
        if (word == 0) continue;
        const bool over = wait.over();
        if ((over && !was_alive_lately(word)) || (wait.look() && !is_alive(word & process_bits))) {
            if (take_over(lock, word, process, thread)) return Acquired::recovered;
            continue;
        }
        const bool deadlock = wait.look() && watch.finds(wait);
        if (over || deadlock) {
            if (wait.slept() && !pass_wake_up_on(lock)) continue;
            return deadlock ? Acquired::deadlock : Acquired::timed_out;
        }
        auto expected = word;
        if ((word & LockState::contended) == 0 &&
            !lock.word.compare_exchange_strong(expected, word | LockState::contended, std::memory_order_relaxed)) {
            continue;
        }
        wait.sleep(lock.word, static_cast<std::uint32_t>(word | LockState::contended));
    }
}

void wake_after_release(LockState& lock) noexcept {
    futex_wake(&lock.word, 1);
}

bool locked(const LockState& lock) noexcept {
    const auto word = lock.word.load(std::memory_order_relaxed);
    return word != 0 && was_alive_lately(word);
}

}  // namespace multiprocessing::sync
