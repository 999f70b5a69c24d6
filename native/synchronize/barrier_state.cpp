#include "multiprocessing/synchronize/barrier_state.hpp"

#include <algorithm>

namespace multiprocessing::sync {
namespace {

using Word = std::uint64_t;
using Participant = BarrierState::Participant;

constexpr Word round_mask = (Word{1} << 24) - 1;
constexpr Word broken_bit = Word{1} << 24;
constexpr Word acting_bit = Word{1} << 25;
constexpr int history_shift = 26;
constexpr Word history_mask = 0xffff;
constexpr int count_shift = 42;

/// Of a participant's state: the round in the low bits.
constexpr Word inside = Word{1} << 24;
constexpr Word has_waited = Word{1} << 25;

constexpr Word round(Word word) {
    return word & round_mask;
}
constexpr Word count(Word word) {
    return word >> count_shift;
}

/// The word after the round has ended: nobody has arrived for the next one.
constexpr Word ended(Word word, bool passed) {
    const auto history = ((word >> history_shift) << 1 | Word{!passed}) & history_mask;
    return ((round(word) + 1) & round_mask) | history << history_shift;
}

/// How a round ended that is over.
bool ended_well(Word word, Word which) {
    const auto ago = (round(word) - which - 1) & round_mask;
    return ago > 15 || (word >> (history_shift + static_cast<int>(ago)) & 1) == 0;
}

bool change(BarrierState& barrier, Word& from, Word to) noexcept {
    return barrier.word.compare_exchange_strong(from, to, std::memory_order_acq_rel, std::memory_order_acquire);
}

void wake_all(BarrierState& barrier) noexcept {
    futex_wake_all(&barrier.word);
}

/// Whether it is the caller's turn to look for the dead: of all that wait one does, now and then.
bool claim_look(BarrierState& barrier) noexcept {
    const auto now = monotonic_now();
    auto last = barrier.last_look.load(std::memory_order_relaxed);
    return now - last >= look_interval.load(std::memory_order_relaxed) * 3 / 4 &&
           barrier.last_look.compare_exchange_strong(last, now, std::memory_order_relaxed);
}

/// Takes a place out of use that belongs to this process, unless another of its threads is faster.
bool reuse(Participant& place, Word state) noexcept {
    return (state & inside) == 0 &&
           place.state.compare_exchange_strong(state, state | inside, std::memory_order_acquire);
}

bool take(Participant& place, ProcessId before, ProcessId process, ThreadId thread) noexcept {
    if (!place.process.compare_exchange_strong(before, process, std::memory_order_acquire)) return false;
    place.state.store(inside, std::memory_order_relaxed);
    place.thread.store(thread, std::memory_order_release);
    return true;
}

/// This thread's own place of earlier rounds, a free one, one of another thread of the process that has not come for
/// long, or a dead process's. @return null if there is none
Participant* take_place(BarrierState& barrier, ProcessId process, ThreadId thread) noexcept {
    const auto is_ours = [=](const Participant& place) {
        return place.process.load(std::memory_order_relaxed) == process;
    };
    for (auto& place : barrier.participants) {
        if (!is_ours(place) || place.thread.load(std::memory_order_acquire) != thread) continue;
        if (reuse(place, place.state.load(std::memory_order_relaxed))) return &place;
    }
    for (auto& place : barrier.participants) {
        if (place.process.load(std::memory_order_relaxed) == 0 && take(place, 0, process, thread)) return &place;
    }
    const auto current = round(barrier.word.load(std::memory_order_relaxed));
    for (auto& place : barrier.participants) {
        const auto state = place.state.load(std::memory_order_relaxed);
        const bool recent = round(state) == current || round(state) == ((current - 1) & round_mask);
        if (!is_ours(place) || recent || !reuse(place, state)) continue;
        place.thread.store(thread, std::memory_order_release);
        return &place;
    }
    // For who has no place this lasts long, so it is not asked again at each wait if there are so many.
    const auto now = monotonic_now();
    if (now - barrier.full_at.load(std::memory_order_relaxed) < look_interval.load(std::memory_order_relaxed)) {
        return nullptr;
    }
    for (auto& place : barrier.participants) {
        const auto owner = place.process.load(std::memory_order_relaxed);
        if (!is_alive(owner) && take(place, owner, process, thread)) return &place;
    }
    barrier.full_at.store(now, std::memory_order_relaxed);
    return nullptr;
}

void set_state(Participant* place, Word state) noexcept {
    if (place != nullptr) place->state.store(state, std::memory_order_release);
}

}  // namespace

bool is_inside(const Participant& participant) noexcept {
    return (participant.state.load(std::memory_order_relaxed) & inside) != 0;
}

void init(BarrierState& barrier, std::uint32_t parties) noexcept {
    barrier.parties = parties;
    barrier.header.publish(Kind::barrier);
}

BarrierWait::BarrierWait(BarrierState& barrier, ProcessId process, ThreadId thread, Nanoseconds timeout,
                         bool has_action) noexcept
    : barrier_(&barrier), place_(take_place(barrier, process, thread)) {
    note_barrier_wait(process);
    const auto deadline = deadline_after(timeout);
    auto word = barrier.word.load(std::memory_order_acquire);
    for (;;) {
        if ((word & broken_bit) != 0) {
            result_ = Result::broken;
            return;
        }
        round_ = round(word);
        if ((word & acting_bit) != 0) {
            // All have arrived and the last one runs the action: this thread comes for the round after.
            const auto now = monotonic_now();
            if (now >= deadline || (claim_look(barrier) && somebody_died(word))) {
                break_round();
            } else {
                const auto next_look = now + look_interval.load(std::memory_order_relaxed);
                futex_wait(&barrier.word, static_cast<std::uint32_t>(word), std::min(deadline, next_look));
            }
            word = barrier.word.load(std::memory_order_acquire);
            continue;
        }
        index_ = static_cast<std::uint32_t>(count(word));
        const bool last = index_ + 1 == barrier.parties;
        set_state(place_, round_ | inside);
        // Those that wait look now and then; a dead one that waited alone nobody has seen yet.
        if (last && somebody_died(word)) {
            break_round();
            word = barrier.word.load(std::memory_order_acquire);
            continue;
        }
        auto next = word + (Word{1} << count_shift);
        if (last) next = has_action ? next | acting_bit : ended(word, true);
        if (!change(barrier, word, next)) continue;
        if (last && !has_action) {
            wake_all(barrier);
            result_ = Result::passed;
        } else if (last) {
            result_ = Result::run_action;
        }
        return;
    }
}

BarrierWait::BarrierWait(BarrierState& barrier, std::int64_t token) noexcept
    : barrier_(&barrier),
      place_((token & 127) == 0 ? nullptr : &barrier.participants[(token & 127) - 1]),
      round_(static_cast<Word>(token) >> 7 & round_mask),
      index_(static_cast<std::uint32_t>(token >> 31)) {}

std::int64_t BarrierWait::token() const noexcept {
    const auto place = place_ == nullptr ? 0 : place_ - barrier_->participants + 1;
    return static_cast<std::int64_t>(Word{index_} << 31 | round_ << 7 | static_cast<Word>(place));
}

BarrierWait::Result BarrierWait::wait(Nanoseconds timeout) noexcept {
    if (result_ != Result::timed_out) return result_;
    const auto deadline = deadline_after(timeout);
    for (;;) {
        const auto word = barrier_->word.load(std::memory_order_acquire);
        if (round(word) != round_) return result_ = ended_well(word, round_) ? Result::passed : Result::broken;
        const auto now = monotonic_now();
        if (now >= deadline) return Result::timed_out;
        const auto next_look = now + look_interval.load(std::memory_order_relaxed);
        // At the end of a shorter time as well: whoever waits in slices looks too.
        if (!futex_wait(&barrier_->word, static_cast<std::uint32_t>(word), std::min(deadline, next_look)) &&
            claim_look(*barrier_) && somebody_died(word)) {
            break_round();
        }
    }
}

void BarrierWait::leave() noexcept {
    set_state(place_, round_ | (result_ == Result::passed ? has_waited : 0));
}

bool BarrierWait::open() noexcept {
    auto word = barrier_->word.load(std::memory_order_acquire);
    if (round(word) == round_ && somebody_died(word)) break_round();
    while (round(word) == round_) {
        if (!change(*barrier_, word, ended(word, true))) continue;
        wake_all(*barrier_);
        result_ = Result::passed;
        return true;
    }
    result_ = Result::broken;
    return false;
}

void BarrierWait::break_round() noexcept {
    auto word = barrier_->word.load(std::memory_order_acquire);
    while (round(word) == round_ && (word & broken_bit) == 0) {
        if (change(*barrier_, word, ended(word, false) | broken_bit)) return wake_all(*barrier_);
    }
}

/// Whether one of this round has died, or one of the last round without saying goodbye.
bool BarrierWait::somebody_died(Word word) const noexcept {
    const auto last = (round(word) - 1) & round_mask;
    const bool last_passed = ended_well(word, last);
    return std::ranges::any_of(barrier_->participants, [&](const Participant& place) {
        const auto process = place.process.load(std::memory_order_acquire);
        const auto state = place.state.load(std::memory_order_acquire);
        const bool of_last = round(state) == last && last_passed && (state & (inside | has_waited)) != 0;
        const bool of_this = round(state) == round(word) && (state & inside) != 0;
        return process != 0 && (of_last || of_this) && !is_alive(process);
    });
}

void abort(BarrierState& barrier) noexcept {
    auto word = barrier.word.load(std::memory_order_acquire);
    while ((word & broken_bit) == 0) {
        if (change(barrier, word, ended(word, false) | broken_bit)) return wake_all(barrier);
    }
}

void reset(BarrierState& barrier) noexcept {
    auto word = barrier.word.load(std::memory_order_acquire);
    // Another round even if nobody has arrived: so who took part in the last one and is dead is forgotten.
    while (!change(barrier, word, ended(word, false))) continue;
    wake_all(barrier);
}

bool broken(const BarrierState& barrier) noexcept {
    return (barrier.word.load(std::memory_order_acquire) & broken_bit) != 0;
}

std::uint32_t waiting(const BarrierState& barrier) noexcept {
    return static_cast<std::uint32_t>(count(barrier.word.load(std::memory_order_acquire)));
}

void say_goodbye(BarrierState& barrier, ProcessId process) noexcept {
    for (auto& place : barrier.participants) {
        if (place.process.load(std::memory_order_relaxed) != process) continue;
        // What it is in the middle of, in another thread, does end with it.
        auto state = place.state.load(std::memory_order_relaxed);
        if ((state & inside) == 0) place.state.compare_exchange_strong(state, round(state));
    }
}

}  // namespace multiprocessing::sync
