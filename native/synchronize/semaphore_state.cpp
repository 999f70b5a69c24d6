#include "multiprocessing/synchronize/semaphore_state.hpp"

#include <algorithm>
#include <optional>

namespace multiprocessing::sync {
namespace {

using Word = std::uint64_t;
using Holder = SemaphoreState::Holder;
constexpr Word contended = SemaphoreState::contended;

constexpr int holder_shift = SemaphoreState::holder_shift;
constexpr int booking_shift = 38;
constexpr int version_shift = SemaphoreState::version_shift;
constexpr Word version_mask = (Word{1} << 24) - 1;
constexpr Word booked_mask = 0xffff'ffff;
static_assert(SemaphoreState::places < 64);

/// What is to be done to the named holder's permits.
enum class Booking : Word { add = 0, subtract = 1, clear = 2 };

constexpr Word permits(Word word) {
    return word & max_permits;
}
/// Of a semaphore's word and of a holder's.
constexpr Word version(Word word) {
    return word >> version_shift;
}
constexpr bool names_holder(Word word) {
    return (word & SemaphoreState::booking_mask) != 0;
}

/// The word after a change that books nothing.
constexpr Word changed(Word word, Word count) {
    return count | (word & contended) | ((version(word) + 1) & version_mask) << version_shift;
}

/// The word after a change that is to be booked. Its version is none that the holder's word bears already.
constexpr Word changed(Word word, Word count, std::size_t place, Booking booking, Word booked) {
    auto next = (version(word) + 1) & version_mask;
    if (next == version(booked)) next = (next + 1) & version_mask;
    return count | (word & contended) | Word{place + 1} << holder_shift | static_cast<Word>(booking) << booking_shift |
           next << version_shift;
}

/// Carries out the booking that the word names, unless that was done.
/// @return false if the word has changed meanwhile: then somebody else did it
bool settle(SemaphoreState& semaphore, Word word) noexcept {
    if (!names_holder(word)) return true;
    auto& booked = semaphore.holders[((word >> holder_shift) & 63) - 1].booked;
    auto before = booked.load(std::memory_order_acquire);
    // Only if the word is still the same belongs what was read to it, and not to a later booking.
    if (semaphore.word.load(std::memory_order_acquire) != word) return false;
    if (version(before) == version(word)) return true;
    auto count = before & booked_mask;
    switch (static_cast<Booking>((word >> booking_shift) & 3)) {
        case Booking::add: ++count; break;
        case Booking::subtract: --count; break;
        case Booking::clear: count = 0; break;
    }
    // If this fails another has booked it just now.
    booked.compare_exchange_strong(before, count | version(word) << version_shift, std::memory_order_acq_rel);
    return true;
}

/// The word, all bookings done.
Word settled(SemaphoreState& semaphore) noexcept {
    for (;;) {
        const auto word = semaphore.word.load(std::memory_order_acquire);
        if (settle(semaphore, word)) return word;
    }
}

bool change(SemaphoreState& semaphore, Word& from, Word to) noexcept {
    return semaphore.word.compare_exchange_strong(from, to, std::memory_order_acq_rel, std::memory_order_acquire);
}

std::size_t first_place(ProcessId process) {
    return static_cast<std::size_t>(pid_of(process)) % SemaphoreState::places;
}

/// The place of a process among the holders.
std::optional<std::size_t> find_place(const SemaphoreState& semaphore, ProcessId process) noexcept {
    for (std::size_t i = 0, at = first_place(process); i < SemaphoreState::places; ++i) {
        if (semaphore.holders[at].process.load(std::memory_order_relaxed) == process) return at;
        if (++at == SemaphoreState::places) at = 0;
    }
    return std::nullopt;
}

/// After permits came: wakes as many, and forgets that somebody waited if nobody did.
/// @param word as the caller made it
void wake(SemaphoreState& semaphore, Word word, int count) noexcept {
    if ((word & contended) == 0) return;
    if (futex_wake(&semaphore.word, count) > 0) return;
    if (settle(semaphore, word)) change(semaphore, word, changed(word, permits(word)) & ~contended);
}

/// Gives the permits back that a dead process had taken.
void reclaim(SemaphoreState& semaphore, std::size_t place, ProcessId dead) noexcept {
    auto& [process, booked] = semaphore.holders[place];
    for (;;) {
        auto word = settled(semaphore);
        // Others do the same, and one of them may have the place by now. Whatever it books there changes the word.
        if (process.load(std::memory_order_acquire) != dead) return;
        const auto before = booked.load(std::memory_order_acquire);
        const auto count = before & booked_mask;
        if (count == 0) return;
        const auto free = std::min(permits(word) + count, semaphore.bound);
        const auto next = changed(word, free, place, Booking::clear, before);
        if (!change(semaphore, word, next)) continue;
        static_cast<void>(settle(semaphore, next));
        wake(semaphore, next, static_cast<int>(count));
        return;
    }
}

/// @param is_dead what to ask about a process
template <typename IsDead>
void reclaim_from_the_dead(SemaphoreState& semaphore, IsDead&& is_dead) noexcept {
    static_cast<void>(settled(semaphore));  // one of the dead may have left a booking
    for (std::size_t place = 0; place < SemaphoreState::places; ++place) {
        const auto& holder = semaphore.holders[place];
        const auto process = holder.process.load(std::memory_order_acquire);
        if (process == 0 || (holder.booked.load(std::memory_order_relaxed) & booked_mask) == 0) continue;
        if (is_dead(process)) reclaim(semaphore, place, process);
    }
}

/// A place for a process that has none yet: a free one, or a dead process's.
std::optional<std::size_t> take_place(SemaphoreState& semaphore, ProcessId process) noexcept {
    for (std::size_t i = 0, at = first_place(process); i < SemaphoreState::places; ++i) {
        ProcessId nobody = 0;
        if (semaphore.holders[at].process.compare_exchange_strong(nobody, process)) return at;
        if (nobody == process) return at;  // another thread of it was faster
        if (++at == SemaphoreState::places) at = 0;
    }
    for (std::size_t at = 0; at < SemaphoreState::places; ++at) {
        auto owner = semaphore.holders[at].process.load();
        if (is_alive(owner)) continue;
        reclaim(semaphore, at, owner);  // books what it left unbooked, too
        if (semaphore.holders[at].process.compare_exchange_strong(owner, process)) return at;
    }
    return std::nullopt;
}

/// One attempt to take a permit out of a word that has some. @param place where it is booked, if anywhere
bool take(SemaphoreState& semaphore, Word word, std::optional<std::size_t> place) noexcept {
    if (!settle(semaphore, word)) return false;
    if (!place) return change(semaphore, word, changed(word, permits(word) - 1));
    const auto booked = semaphore.holders[*place].booked.load(std::memory_order_acquire);
    const auto next = changed(word, permits(word) - 1, *place, Booking::add, booked);
    if (!change(semaphore, word, next)) return false;
    static_cast<void>(settle(semaphore, next));
    return true;
}

/// Takes a permit if there is one.
bool try_take(SemaphoreState& semaphore, std::optional<std::size_t> place) noexcept {
    for (;;) {
        const auto word = semaphore.word.load(std::memory_order_acquire);
        if (permits(word) == 0) return false;
        if (take(semaphore, word, place)) return true;
    }
}

/// Sets the flag that somebody sleeps. @return whether it stands, and there is no permit still
bool announce(SemaphoreState& semaphore) noexcept {
    for (;;) {
        auto word = settled(semaphore);
        if (permits(word) != 0) return false;
        if ((word & contended) != 0) return true;
        if (change(semaphore, word, changed(word, 0) | contended)) return true;
    }
}

bool acquire_taken_semaphore(SemaphoreState& semaphore, ProcessId process, ThreadId thread,
                             std::optional<std::size_t> place, Nanoseconds timeout, Nanoseconds since) noexcept {
    Wait wait(semaphore.waiters, process, thread, timeout, since);
    for (;;) {
        if (try_take(semaphore, place)) return true;
        if (wait.over()) {
            reclaim_from_the_dead(semaphore, [](ProcessId holder) { return !was_alive_lately(holder); });
            return try_take(semaphore, place);
        }
        if (wait.look()) reclaim_from_the_dead(semaphore, [](ProcessId holder) { return !is_alive(holder); });
        if (announce(semaphore)) wait.sleep(semaphore.word, static_cast<std::uint32_t>(contended));
    }
}

/// One attempt to give a tracked permit back. @return whether it had one
bool untrack(SemaphoreState& semaphore, std::size_t place) noexcept {
    for (;;) {
        auto word = settled(semaphore);
        const auto booked = semaphore.holders[place].booked.load(std::memory_order_acquire);
        if ((booked & booked_mask) == 0 || permits(word) >= semaphore.bound) return false;
        const auto next = changed(word, permits(word) + 1, place, Booking::subtract, booked);
        if (!change(semaphore, word, next)) continue;
        static_cast<void>(settle(semaphore, next));
        wake(semaphore, next, 1);
        return true;
    }
}

}  // namespace

void init(SemaphoreState& semaphore, std::uint32_t value, std::uint32_t bound, std::string_view name) noexcept {
    semaphore.word.store(value | Word{1} << version_shift, std::memory_order_relaxed);
    semaphore.bound = bound;
    semaphore.name.set(name);
    semaphore.header.publish(Kind::semaphore);
}

bool acquire(SemaphoreState& semaphore, ProcessId process, ThreadId thread, bool tracked, Nanoseconds timeout,
             Nanoseconds since) noexcept {
    std::optional<std::size_t> place;
    if (tracked) {
        place = find_place(semaphore, process);
        if (!place) place = take_place(semaphore, process);
    }
    return try_take(semaphore, place) || acquire_taken_semaphore(semaphore, process, thread, place, timeout, since);
}

bool release(SemaphoreState& semaphore, ProcessId process, bool tracked) noexcept {
    // Two of its threads that came at once may have got a place each.
    for (std::size_t i = 0, at = first_place(process); tracked && i < SemaphoreState::places; ++i) {
        if (semaphore.holders[at].process.load(std::memory_order_relaxed) == process && untrack(semaphore, at)) {
            return true;
        }
        if (++at == SemaphoreState::places) at = 0;
    }
    for (;;) {
        auto word = settled(semaphore);
        if (permits(word) >= semaphore.bound) return false;
        const auto next = changed(word, permits(word) + 1);
        if (!change(semaphore, word, next)) continue;
        wake(semaphore, next, 1);
        return true;
    }
}

std::uint32_t value(SemaphoreState& semaphore) noexcept {
    reclaim_from_the_dead(semaphore, [](ProcessId holder) { return !was_alive_lately(holder); });
    return static_cast<std::uint32_t>(permits(semaphore.word.load(std::memory_order_acquire)));
}

}  // namespace multiprocessing::sync
