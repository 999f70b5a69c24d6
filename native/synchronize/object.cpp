#include "multiprocessing/synchronize/object.hpp"

#include <algorithm>

namespace multiprocessing::sync {

Waiter* Waiters::enter(ProcessId process, ThreadId thread, Nanoseconds since) noexcept {
    const auto take = [&](Waiter& waiter, ProcessId before) -> Waiter* {
        if (!waiter.process.compare_exchange_strong(before, process, std::memory_order_acquire)) return nullptr;
        waiter.thread.store(thread, std::memory_order_relaxed);
        waiter.since.store(static_cast<std::uint64_t>(since) & ~Waiter::flags, std::memory_order_release);
        return &waiter;
    };
    for (auto& waiter : place) {
        if (auto* taken = take(waiter, 0)) return taken;
    }
    for (auto& waiter : place) {
        const auto owner = waiter.process.load(std::memory_order_relaxed);
        if (owner == 0 || is_alive(owner)) continue;
        if (auto* taken = take(waiter, owner)) return taken;
    }
    return nullptr;
}

Wait::Wait(Waiters& waiters, ProcessId process, ThreadId thread, Nanoseconds timeout, Nanoseconds since) noexcept
    : waiters_(waiters), process_(process), thread_(thread) {
    if (timeout == 0) return;
    const auto now = monotonic_now();
    since_ = since != 0 ? since : now;
    deadline_ = timeout < 0 || timeout > forever - now ? forever : now + timeout;
    next_look_ = since_ + look_interval.load(std::memory_order_relaxed);
    look_ = now >= next_look_;
}

void Wait::sleep(const std::atomic<std::uint64_t>& word, std::uint32_t expected) noexcept {
    if (look_) {
        next_look_ = monotonic_now() + look_interval.load(std::memory_order_relaxed);
        if (record_ == nullptr) record_ = waiters_.enter(process_, thread_, since_);
    }
    if (record_ != nullptr) record_->since.fetch_or(Waiter::sleeping, std::memory_order_release);
    // Who is woken need not look: whom it waits for was alive just now.
    look_ = !futex_wait(&word, expected, std::min(deadline_, next_look_));
    if (record_ != nullptr) record_->since.fetch_and(~Waiter::sleeping, std::memory_order_relaxed);
    slept_ = true;
}

}  // namespace multiprocessing::sync
