#include "multiprocessing/synchronize/condition_state.hpp"

#include <algorithm>
#include <array>

namespace multiprocessing::sync {
namespace {

using Place = ConditionState::Place;

/// The ticket of one in the crowd: bit 62, its depth, and the calls it has seen. Else the number of its place.
constexpr std::int64_t crowd_ticket = std::int64_t{1} << 62;
constexpr std::uint32_t depth_mask = (std::uint32_t{1} << 30) - 1;

void give_back(Place& place) noexcept {
    place.state.store(ConditionState::empty, std::memory_order_relaxed);
    place.thread.store(0, std::memory_order_relaxed);
    place.process.store(0, std::memory_order_release);
}

bool is_waiting(const Place& place) noexcept {
    return place.process.load(std::memory_order_acquire) != 0 &&
           place.state.load(std::memory_order_acquire) == ConditionState::waiting;
}

/// Those that wait, the first that came in front.
class Queue {
public:
    /// @param horizon only who has a smaller ticket
    Queue(ConditionState& condition, std::uint64_t horizon) noexcept {
        for (auto& place : condition.place) {
            const auto ticket = place.ticket.load(std::memory_order_relaxed);
            if (is_waiting(place) && ticket < horizon) entries_[size_++] = {ticket, &place};
        }
        std::sort(begin(), end(), [](const Entry& a, const Entry& b) { return a.ticket < b.ticket; });
    }
    struct Entry {
        std::uint64_t ticket;
        Place* place;
    };
    [[nodiscard]] Entry* begin() noexcept { return entries_.data(); }
    [[nodiscard]] Entry* end() noexcept { return entries_.data() + size_; }

private:
    std::array<Entry, ConditionState::places> entries_{};
    std::size_t size_ = 0;
};

/// Notifies one place; the caller holds the lock. @return false if its owner went, or is dead
bool notify(Place& place, std::uint64_t horizon) noexcept {
    place.horizon.store(horizon, std::memory_order_relaxed);
    auto expected = ConditionState::waiting;
    if (!place.state.compare_exchange_strong(expected, ConditionState::notified, std::memory_order_acq_rel)) {
        return false;
    }
    if (futex_wake(&place.state, 1) > 0) return true;
    // It was not asleep: just before, just after, or never more.
    if (was_alive_lately(place.process.load(std::memory_order_relaxed))) return true;
    give_back(place);
    return false;
}

/// Hands the notifications of the dead on. The caller holds the lock.
void pass_on(ConditionState& condition) noexcept {
    for (auto& place : condition.place) {
        const auto process = place.process.load(std::memory_order_acquire);
        if (process == 0 || place.state.load(std::memory_order_acquire) != ConditionState::notified) continue;
        if (is_alive(process)) continue;
        const auto horizon = place.horizon.load(std::memory_order_relaxed);
        for (const auto& entry : Queue(condition, horizon)) {
            if (notify(*entry.place, horizon)) break;
        }
        give_back(place);  // at last: whoever is killed before leaves it for the next
    }
}

bool has_dead_notified(const ConditionState& condition) noexcept {
    return std::ranges::any_of(condition.place, [](const Place& place) {
        const auto process = place.process.load(std::memory_order_acquire);
        return process != 0 && place.state.load(std::memory_order_relaxed) == ConditionState::notified &&
               !is_alive(process);
    });
}

/// Hands on what the dead left, unless somebody has the lock: then it is done the next time.
void try_pass_on(ConditionState& condition, LockState& lock, ProcessId process, ThreadId thread) noexcept {
    if (!has_dead_notified(condition)) return;
    // Not from a dead owner: to learn of that is for those who use the lock.
    if (!try_take(lock, process, thread)) return;
    pass_on(condition);
    release_fully(lock);
}

Place* enter(Place& place, ProcessId before, ConditionState& condition, ProcessId process, ThreadId thread) noexcept {
    if (!place.process.compare_exchange_strong(before, process, std::memory_order_acquire)) return nullptr;
    place.thread.store(thread, std::memory_order_relaxed);
    place.ticket.store(condition.next_ticket.fetch_add(1, std::memory_order_relaxed), std::memory_order_relaxed);
    place.state.store(ConditionState::waiting, std::memory_order_release);
    return &place;
}

Place* take_free_place(ConditionState& condition, ProcessId process, ThreadId thread) noexcept {
    for (auto& place : condition.place) {
        if (place.process.load(std::memory_order_relaxed) != 0) continue;
        if (auto* taken = enter(place, 0, condition, process, thread)) return taken;
    }
    return nullptr;
}

/// A free place or a dead process's. The caller holds the lock.
Place* take_place(ConditionState& condition, ProcessId process, ThreadId thread) noexcept {
    if (auto* place = take_free_place(condition, process, thread)) return place;
    pass_on(condition);
    for (auto& place : condition.place) {
        const auto owner = place.process.load(std::memory_order_relaxed);
        const bool notified = place.state.load(std::memory_order_relaxed) == ConditionState::notified;
        if (owner != 0 && (notified || is_alive(owner))) continue;
        if (auto* taken = enter(place, owner, condition, process, thread)) return taken;
    }
    return nullptr;
}

}  // namespace

void init(ConditionState& condition) noexcept {
    condition.header.publish(Kind::condition);
}

std::optional<ConditionWait> ConditionWait::enter(ConditionState& condition, LockState& lock, ProcessId process,
                                                  ThreadId thread) noexcept {
    const auto depth = static_cast<std::uint32_t>(sync::depth(lock, process, thread)) & depth_mask;
    if (depth == 0) return std::nullopt;
    const auto calls = condition.crowd_calls.load(std::memory_order_relaxed);
    auto* place = take_place(condition, process, thread);
    if (place != nullptr) {
        place->depth = depth;
    } else {
        condition.crowd.fetch_add(1, std::memory_order_relaxed);
    }
    release_fully(lock);
    return ConditionWait(condition, lock, place, depth, calls);
}

ConditionWait::ConditionWait(ConditionState& condition, LockState& lock, std::int64_t ticket) noexcept
    : condition_(&condition), lock_(&lock), place_(nullptr), depth_(0), calls_(static_cast<std::uint32_t>(ticket)) {
    if ((ticket & crowd_ticket) != 0) {
        depth_ = static_cast<std::uint32_t>(ticket >> 32) & depth_mask;
    } else {
        place_ = &condition.place[ticket];
        depth_ = place_->depth;
    }
}

std::int64_t ConditionWait::ticket() const noexcept {
    if (place_ != nullptr) return place_ - condition_->place;
    return crowd_ticket | std::int64_t{depth_} << 32 | calls_;
}

bool ConditionWait::notified() const noexcept {
    if (place_ != nullptr) return place_->state.load(std::memory_order_acquire) == ConditionState::notified;
    return condition_->crowd_calls.load(std::memory_order_acquire) != calls_;
}

void ConditionWait::move_to_place(ProcessId process, ThreadId thread) noexcept {
    auto* place = take_free_place(*condition_, process, thread);
    if (place == nullptr) return;
    place->depth = depth_;
    if (notified()) {  // the whole crowd, meanwhile: the call is not to be missed
        sync::give_back(*place);
        return;
    }
    condition_->crowd.fetch_sub(1, std::memory_order_relaxed);
    place_ = place;
}

bool ConditionWait::sleep(ProcessId process, ThreadId thread, Nanoseconds timeout) noexcept {
    const auto deadline = deadline_after(timeout);
    while (!notified()) {
        const auto now = monotonic_now();
        if (now >= deadline) return false;
        const auto until = std::min(deadline, now + look_interval.load(std::memory_order_relaxed));
        const bool woken = place_ != nullptr ? futex_wait(&place_->state, ConditionState::waiting, until)
                                             : futex_wait(&condition_->crowd_calls, calls_, until);
        if (woken) continue;
        // At the end of a shorter time as well: whoever waits in slices looks too.
        try_pass_on(*condition_, *lock_, process, thread);
        if (place_ == nullptr) move_to_place(process, thread);
    }
    return true;
}

ConditionWait::Left ConditionWait::leave(ProcessId process, ThreadId thread, Nanoseconds since,
                                         InDeadlock in_deadlock) noexcept {
    if (place_ != nullptr) {
        auto expected = ConditionState::waiting;
        place_->state.compare_exchange_strong(expected, ConditionState::left, std::memory_order_acq_rel);
    }
    const bool answer = notified();
    if (acquire(*lock_, process, thread, -1, since, in_deadlock) == Acquired::deadlock) return Left::deadlock;
    lock_->depth.store(depth_, std::memory_order_relaxed);
    if (place_ != nullptr) {
        sync::give_back(*place_);
    } else {
        condition_->crowd.fetch_sub(1, std::memory_order_relaxed);
    }
    return answer ? Left::notified : Left::timed_out;
}

int notify(ConditionState& condition, int count) noexcept {
    const auto horizon = condition.next_ticket.load(std::memory_order_relaxed);
    const bool all = count < 0 || static_cast<std::size_t>(count) > ConditionState::places;
    int woken = 0;
    for (const auto& entry : Queue(condition, horizon)) {
        if (!all && woken == count) break;
        woken += notify(*entry.place, horizon);
    }
    if (all && condition.crowd.load(std::memory_order_relaxed) > 0) {
        condition.crowd_calls.fetch_add(1, std::memory_order_release);
        woken += futex_wake_all(&condition.crowd_calls) > 0;
    }
    return woken;
}

int waiters(const ConditionState& condition) noexcept {
    const auto placed = std::ranges::count_if(condition.place, [](const Place& place) {
        return is_waiting(place) && is_alive(place.process.load(std::memory_order_relaxed));
    });
    return static_cast<int>(placed) + static_cast<int>(condition.crowd.load(std::memory_order_relaxed));
}

}  // namespace multiprocessing::sync
