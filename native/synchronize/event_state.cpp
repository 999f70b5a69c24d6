#include "multiprocessing/synchronize/event_state.hpp"

#include <algorithm>

namespace multiprocessing::sync {

void set(EventState& event) noexcept {
    auto word = event.word.load(std::memory_order_relaxed);
    std::uint32_t next;
    do {
        if ((word & EventState::set_bit) != 0 && (word & EventState::contended) == 0) {
            // Nobody waits for what is there; but what the caller did before is to be seen by who finds it set.
            next = word;
        } else {
            next = (word | EventState::set_bit) + EventState::one_set;
            next &= ~EventState::contended;
        }
    } while (!event.word.compare_exchange_weak(word, next, std::memory_order_release, std::memory_order_relaxed));
    // All are woken, so that the flag may go: who is about to sleep finds the word changed.
    if ((word & EventState::contended) != 0) futex_wake_all(&event.word);
}

bool wait(EventState& event, Nanoseconds timeout) noexcept {
    constexpr auto count_of_sets = ~(EventState::set_bit | EventState::contended);
    auto word = event.word.load(std::memory_order_acquire);
    if ((word & EventState::set_bit) != 0) return true;
    if (timeout == 0) return false;
    const auto before = word & count_of_sets;
    const auto deadline = deadline_after(timeout);
    for (;;) {
        if ((word & EventState::set_bit) != 0 || (word & count_of_sets) != before) return true;
        const auto now = monotonic_now();
        if (now >= deadline) return false;
        const auto flagged = word | EventState::contended;
        if (word == flagged || event.word.compare_exchange_strong(word, flagged, std::memory_order_acquire)) {
            futex_wait(&event.word, flagged, std::min(deadline, now + look_interval.load(std::memory_order_relaxed)));
            word = event.word.load(std::memory_order_acquire);
        }
    }
}

}  // namespace multiprocessing::sync
