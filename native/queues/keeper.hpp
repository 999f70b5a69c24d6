/// @file
/// The lock of a queue's writers, and the one who need not take it. See queue_state.hpp.
#pragma once

#include "multiprocessing/queues/queue_state.hpp"
#include "multiprocessing/synchronize/membarrier.hpp"
#include "waiting.hpp"

namespace multiprocessing::queues {

/// A thread of the caller's process as one number: its kernel id, the low bits of the process's, and when that began.
/// Nobody else has it as long as the thread lives. A later thread may: of the same process, if the kernel gives the id
/// again; of what that process became by execve(2); and of another one that began in the same hundredth of a second.
[[nodiscard]] inline std::uint64_t writer_of(ProcessId process) noexcept {
    constexpr ProcessId start = ~ProcessId{0} << 32, low_pid = 0x3ff;
    const auto thread = static_cast<std::uint64_t>(-sync::this_thread(process));
    return (process & start) | (process & low_pid) << 22 | thread;
}

/// One time of the keeper inside. It is no fence: see put().
class KeepersTurn {
public:
    /// @return whether the caller is the keeper, and inside until the end of this object
    KeepersTurn(QueueState& queue, ProcessId process) noexcept
        : queue_(queue), keeper_(queue.keeper.load(std::memory_order_acquire)) {
        if (keeper_ - 1 >= QueueState::keeper_places) return;
        auto& place = queue.keepers[keeper_ - 1];
        if (place.writer.load(std::memory_order_acquire) != writer_of(process)) return;
        if (!sync::is_enlisted(process)) return;  // the keeper is who had the number before
        place_ = &place;
        place.inside.store(1, std::memory_order_relaxed);
        sync::fence_of_compiler();
        if (queue.keeper.load(std::memory_order_acquire) != keeper_) leave();
    }
    KeepersTurn(const KeepersTurn&) = delete;
    KeepersTurn& operator=(const KeepersTurn&) = delete;
    ~KeepersTurn() {
        if (place_ != nullptr) leave();
    }
    [[nodiscard]] bool is_inside() const noexcept { return place_ != nullptr; }

    /// Is not the keeper any more, and begins to count anew. Nothing is to be written after that.
    void resign() noexcept {
        queue_.since.store(messages(queue_.tail.load(std::memory_order_relaxed)), std::memory_order_relaxed);
        auto keeper = keeper_;  // unless it is being dismissed
        queue_.keeper.compare_exchange_strong(keeper, 0, std::memory_order_seq_cst);
    }

private:
    void leave() noexcept {
        place_->inside.store(0, std::memory_order_release);
        sync::fence_of_compiler();
        if (queue_.keeper.load(std::memory_order_relaxed) != keeper_) sync::futex_wake_all(&place_->inside);
        place_ = nullptr;
    }

    QueueState& queue_;
    const std::uint32_t keeper_;
    KeeperPlace* place_ = nullptr;
};

/// Whether the keeper has ended. What it says of one that is being replaced means nothing.
[[nodiscard]] bool keeper_is_dead(const QueueState& queue) noexcept;

/// Under the lock: from now on there is no keeper.
/// @return recovered: it died inside; timed_out: it is inside still
[[nodiscard]] sync::Acquired dismiss_keeper(QueueState& queue, const Caller& caller, Timer& timer) noexcept;

/// Takes the lock, and dismisses the keeper.
/// @return recovered if either died inside
[[nodiscard]] sync::Acquired enter_to_put(QueueState& queue, const Caller& caller, Timer& timer) noexcept;

/// Releases the lock. Who has put so many messages in a row that it pays is the keeper then.
void leave_after_put(QueueState& queue, ProcessId process) noexcept;

}  // namespace multiprocessing::queues
