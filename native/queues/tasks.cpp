#include "multiprocessing/queues/queue_state.hpp"
#include "waiting.hpp"

namespace multiprocessing::queues {
namespace {

/// What QueueState::tasks holds.
struct Tasks {
    std::uint32_t done;      ///< how many messages have been dealt with
    std::uint32_t all_done;  ///< how many they were when last those were all
};

constexpr std::uint64_t pack(Tasks tasks) {
    return std::uint64_t{tasks.all_done} << 32 | tasks.done;
}
constexpr Tasks unpack(std::uint64_t bits) {
    return {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32)};
}

}  // namespace

bool task_done(QueueState& queue) noexcept {
    // The tail is looked at after `done`, in which order they change: it is not behind.
    auto before = queue.tasks.load(std::memory_order_acquire);
    Tasks tasks{};
    bool all = false;
    do {
        tasks = unpack(before);
        const auto put = messages(queue.tail.load(std::memory_order_acquire));
        if (tasks.done == put) return false;
        all = ++tasks.done == put;
        if (all) tasks.all_done = put;
    } while (!queue.tasks.compare_exchange_weak(before, pack(tasks), std::memory_order_seq_cst,
                                                std::memory_order_acquire));
    if (all) wake(queue.joiners, true);
    return true;
}

std::uint32_t unfinished(const QueueState& queue) noexcept {
    const auto tasks = unpack(queue.tasks.load(std::memory_order_seq_cst));
    return messages(queue.tail.load(std::memory_order_seq_cst)) - tasks.done;
}

std::uint64_t begin_join(const QueueState& queue) noexcept {
    auto tasks = unpack(queue.tasks.load(std::memory_order_seq_cst));
    tasks.done = messages(queue.tail.load(std::memory_order_seq_cst));
    return pack(tasks);
}

bool join(QueueState& queue, const Caller& caller, std::uint64_t begun) noexcept {
    const auto [wanted, before] = unpack(begun);
    const auto ready = [&, wanted = wanted, before = before] {
        const auto now = unpack(queue.tasks.load(std::memory_order_seq_cst)).all_done;
        // That of before may be so long ago that it seems to lie ahead.
        return now == wanted || (now != before && static_cast<std::int32_t>(now - wanted) > 0);
    };
    Waiting waiting(queue.joiners, queue.waiting_joiners, caller);
    while (!ready()) {
        if (!waiting.wait(ready, true)) return false;
    }
    return true;
}

}  // namespace multiprocessing::queues
