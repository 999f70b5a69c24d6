#include "keeper.hpp"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

namespace multiprocessing::queues {
namespace {

using sync::Acquired;

/// A process enlists for fences after so many messages in a row: it takes as long as these. A power of two.
constexpr std::uint32_t enlist_after = 65536;

/// What a processor has stored the others see within a microsecond or so, though nothing says by when. In place of a
/// fence, where there is none to be had, this is thousands of times as long.
constexpr Nanoseconds seen_by_all = 20'000'000;

void sleep_for(Nanoseconds time) noexcept {
    const auto end = sync::monotonic_now() + time;
    const timespec until{end / 1'000'000'000, end % 1'000'000'000};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {}
}

constexpr ThreadId thread_of(std::uint64_t writer) {
    return static_cast<ThreadId>(writer & sync::pid_bits);
}

/// Whether the thread has ended, or its process.
bool is_gone(const KeeperPlace& place) noexcept {
    const auto process = place.process.load(std::memory_order_relaxed);
    if (!sync::is_alive(process)) return true;
    const auto thread = thread_of(place.writer.load(std::memory_order_relaxed));
    return ::syscall(SYS_tgkill, sync::pid_of(process), thread, 0) != 0 && errno == ESRCH;
}

KeeperPlace* place_of(QueueState& queue, std::uint64_t writer) noexcept {
    for (auto& place : queue.keepers) {
        if (place.writer.load(std::memory_order_relaxed) == writer) return &place;
    }
    return nullptr;
}

/// A place for one that has none yet.
KeeperPlace* take_place(QueueState& queue, ProcessId process, std::uint64_t writer) noexcept {
    auto* place = place_of(queue, 0);
    for (auto* it = queue.keepers; place == nullptr && it != std::end(queue.keepers); ++it) {
        if (is_gone(*it)) place = it;
    }
    if (place == nullptr) return nullptr;
    place->inside.store(0, std::memory_order_relaxed);
    place->process.store(process, std::memory_order_relaxed);
    place->writer.store(writer, std::memory_order_release);
    return place;
}

std::uint32_t messages_ever(const QueueState& queue) noexcept {
    return messages(queue.tail.load(std::memory_order_relaxed));
}

/// Under the lock, after a message was put, while there is no keeper: counts those that were put in a row.
/// @return how many
std::uint32_t count(QueueState& queue, std::uint64_t writer) noexcept {
    const auto all = messages_ever(queue);
    if (queue.last_writer.load(std::memory_order_relaxed) != writer) {
        queue.last_writer.store(writer, std::memory_order_relaxed);
        queue.since.store(all, std::memory_order_relaxed);
        // If it was the keeper it knows now that it is no more.
        if (auto* place = place_of(queue, writer)) place->writer.store(0, std::memory_order_relaxed);
    } else if ((queue.readers.word.load(std::memory_order_relaxed) & Sleepers::some) != 0) {
        // Readers would have a fence made each time.
        queue.since.store(all, std::memory_order_relaxed);
    }
    return all - queue.since.load(std::memory_order_relaxed);
}

void appoint(QueueState& queue, ProcessId process, std::uint64_t writer) noexcept {
    auto* place = place_of(queue, writer);
    if (place == nullptr) place = take_place(queue, process, writer);
    if (place == nullptr) {
        // To ask whether those who have them live still takes as long as some hundred messages: not each time.
        queue.since.store(messages_ever(queue), std::memory_order_relaxed);
        return;
    }
    queue.keeper.store(static_cast<std::uint32_t>(place - queue.keepers) + 1, std::memory_order_release);
}

Acquired died_inside(QueueState& queue, KeeperPlace& place) noexcept {
    queue.put_lock.dead_owner.store(place.process.load(std::memory_order_relaxed), std::memory_order_relaxed);
    place.inside.store(0, std::memory_order_relaxed);
    return Acquired::recovered;
}

/// Waits until the keeper that is being dismissed is outside.
Acquired wait_until_outside(QueueState& queue, KeeperPlace& place, const Caller& caller, Timer& timer) noexcept {
    for (int i = 0; i < spins_for_lock; ++i) {
        if (place.inside.load(std::memory_order_acquire) == 0) return Acquired::taken;
        pause();
    }
    const auto left = timer.left();
    sync::Wait wait(queue.waiting_writers, caller.process, caller.thread, left == 0 ? longest_turn : left,
                    left == 0 ? 0 : caller.since);
    while (place.inside.load(std::memory_order_acquire) != 0) {
        if ((wait.look() || wait.over() || !wait.slept()) && is_gone(place)) return died_inside(queue, place);
        if (wait.over()) return Acquired::timed_out;
        wait.sleep(place.inside, 1);
    }
    return Acquired::taken;
}

}  // namespace

bool keeper_is_dead(const QueueState& queue) noexcept {
    const auto number = (queue.keeper.load(std::memory_order_acquire) & ~QueueState::dismissed) - 1;
    return number < QueueState::keeper_places && is_gone(queue.keepers[number]);
}

Acquired dismiss_keeper(QueueState& queue, const Caller& caller, Timer& timer) noexcept {
    const auto keeper = queue.keeper.load(std::memory_order_acquire) & ~QueueState::dismissed;
    if (keeper == 0) return Acquired::taken;
    auto& place = queue.keepers[keeper - 1];
    auto how = Acquired::taken;
    if (place.writer.load(std::memory_order_relaxed) != writer_of(caller.process)) {
        queue.keeper.store(keeper | QueueState::dismissed, std::memory_order_seq_cst);
        if (!sync::fence_enlisted()) sleep_for(seen_by_all);
        how = wait_until_outside(queue, place, caller, timer);
        if (how == Acquired::timed_out) return how;
    } else if (place.inside.load(std::memory_order_relaxed) != 0) {
        how = died_inside(queue, place);  // who had the number before
    }
    queue.keeper.store(0, std::memory_order_release);
    return how;
}

Acquired enter_to_put(QueueState& queue, const Caller& caller, Timer& timer) noexcept {
    const auto entered = enter(queue.put_lock, queue.put_stalls, caller, timer);
    if (entered == Acquired::timed_out) return entered;
    const auto dismissed = dismiss_keeper(queue, caller, timer);
    // A keeper that is left in office has nobody to be mended after: who else is inside dismisses it first.
    if (dismissed == Acquired::timed_out) sync::release_fully(queue.put_lock);
    return dismissed == Acquired::taken ? entered : dismissed;
}

void leave_after_put(QueueState& queue, ProcessId process) noexcept {
    std::uint32_t in_a_row = 0;
    if (queue.keeper.load(std::memory_order_relaxed) == 0) {
        const auto writer = writer_of(process);
        in_a_row = count(queue, writer);
        if (in_a_row >= keep_after.load(std::memory_order_relaxed) && sync::is_enlisted(process)) {
            appoint(queue, process, writer);
        }
    }
    sync::release_fully(queue.put_lock);
    if (in_a_row % enlist_after == enlist_after - 1 && !sync::is_enlisted(process)) sync::enlist(process);
}

}  // namespace multiprocessing::queues
