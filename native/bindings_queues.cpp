#include <atomic>
#include <cstdlib>

#include "bindings_support.hpp"
#include "multiprocessing/bindings.hpp"
#include "multiprocessing/queues/queue_state.hpp"
#include "multiprocessing/synchronize/membarrier.hpp"

namespace multiprocessing::bindings {
namespace {

using queues::Caller;
using queues::Outcome;
using queues::QueueState;
using queues::Status;
using sync::this_process;

static_assert(queue_plain == static_cast<int>(sync::Kind::queue) &&
              queue_simple == static_cast<int>(sync::Kind::simple_queue) &&
              queue_joinable == static_cast<int>(sync::Kind::joinable_queue));
static_assert(queue_timed_out == static_cast<int>(Status::timed_out) &&
              queue_done == static_cast<int>(Status::done) && queue_too_small == static_cast<int>(Status::too_small) &&
              queue_underway == static_cast<int>(Status::underway));
static_assert(queue_head_offset == offsetof(QueueState, head) &&
              queue_writers_offset == offsetof(QueueState, writers) && queues::Sleepers::some == 1 &&
              sizeof(queues::Glimpse) == 24);

QueueState& queue_at(std::int64_t address) noexcept {
    return *pointer<QueueState>(address);
}

/// See queue_door().
struct Door {
    std::atomic<QueueState*> open;
    std::atomic<QueueState*> inside;
};
static_assert(offsetof(Door, inside) == 8);

/// @return null if it was shut
QueueState* enter(std::int64_t word) noexcept {
    return pointer<std::atomic<QueueState*>>(word)->load(std::memory_order_acquire);
}

std::int64_t answer(const Outcome& outcome, const char* call) noexcept {
    if (outcome.status == Status::failed) return failed<std::int64_t>(outcome.error, call);
    return static_cast<std::int64_t>(outcome.status) | (outcome.lost ? queue_lost_flag : 0) |
           (outcome.lost_with_reader ? queue_lost_with_reader_flag : 0) |
           std::int64_t{outcome.tag} << queue_letter_shift |
           static_cast<std::int64_t>(outcome.size) << queue_bytes_shift;
}

}  // namespace

int queue_size_in_memory() noexcept {
    return sizeof(QueueState);
}

std::int64_t queue_allocate(int kind, int max_items, std::int64_t limit) noexcept {
    return guarded("memfd_create", [=] {
        return handle(queues::allocate(static_cast<sync::Kind>(kind), static_cast<std::uint32_t>(max_items),
                                       static_cast<std::size_t>(limit)));
    });
}

int queue_is(std::int64_t queue, int kind) noexcept {
    return queue_at(queue).header.is(static_cast<sync::Kind>(kind));
}

std::int64_t queue_door(std::int64_t queue) noexcept {
    const auto memory = memory_allocate(sizeof(Door));
    if (memory > 0) new (pointer<void>(memory)) Door{&queue_at(queue), &queue_at(queue)};
    return memory;
}

void queue_shut(std::int64_t door) noexcept {
    pointer<Door>(door)->open.store(nullptr, std::memory_order_seq_cst);
}

std::int64_t queue_put(std::int64_t door, int fd, std::int64_t thread, std::int64_t data, int size, int letter,
                       std::int64_t timeout_ns, std::int64_t since, std::int64_t written) noexcept {
    auto* const queue = enter(door);
    if (queue == nullptr) return queue_shut_door;
    const Caller caller{this_process(), thread, timeout_ns, since};
    return answer(queues::put(*queue, fd, caller, pointer<const std::byte>(data),
                              static_cast<std::size_t>(size), static_cast<std::uint8_t>(letter),
                              static_cast<std::size_t>(written)),
                  "posix_fallocate");
}

void queue_abandon(std::int64_t queue) noexcept {
    queues::abandon(queue_at(queue));
}

std::int64_t queue_get(std::int64_t door, std::int64_t thread, std::int64_t buffer, int capacity,
                       std::int64_t timeout_ns, std::int64_t since, int consume, std::int64_t shelf) noexcept {
    auto* const queue = enter(door);
    if (queue == nullptr) return queue_shut_door;
    const Caller caller{this_process(), thread, timeout_ns, since};
    const auto outcome =
        queues::get(*queue, caller, pointer<std::byte>(buffer), static_cast<std::size_t>(capacity), consume != 0);
    if (shelf != 0 && outcome.status == Status::done) {
        auto& count = *pointer<std::uint32_t>(shelf);
        count = queues::look_ahead(*queue, pointer<std::byte>(shelf) + queue_shelf_first,
                                   queue_shelf_size - queue_shelf_first, count);
    }
    return answer(outcome, "queue_get");
}

void queue_wake_writers(std::int64_t queue) noexcept {
    queues::wake_writers(queue_at(queue));
}

int queue_length(std::int64_t queue) noexcept {
    return static_cast<int>(queues::size(queue_at(queue)));
}

int queue_empty(std::int64_t queue) noexcept {
    return queues::empty(queue_at(queue));
}

int queue_full(std::int64_t queue) noexcept {
    return queues::full(queue_at(queue));
}

int queue_max_items(std::int64_t queue) noexcept {
    return static_cast<int>(queue_at(queue).max_items);
}

int queue_task_done(std::int64_t queue) noexcept {
    return queues::task_done(queue_at(queue));
}

int queue_all_done(std::int64_t queue) noexcept {
    return queues::unfinished(queue_at(queue)) == 0;
}

std::int64_t queue_begin_join(std::int64_t queue) noexcept {
    return static_cast<std::int64_t>(queues::begin_join(queue_at(queue)));
}

int queue_join(std::int64_t queue, std::int64_t thread, std::int64_t timeout_ns, std::int64_t since,
               std::int64_t begun) noexcept {
    return queues::join(queue_at(queue), {this_process(), thread, timeout_ns, since},
                        static_cast<std::uint64_t>(begun));
}

std::int64_t queue_lost(std::int64_t queue) noexcept {
    return static_cast<std::int64_t>(queue_at(queue).lost.load(std::memory_order_relaxed));
}

int queue_dead_writer(std::int64_t queue) noexcept {
    return sync::pid_of(queues::dead_writer(queue_at(queue)));
}

int queue_dead_reader(std::int64_t queue) noexcept {
    return sync::pid_of(queues::dead_reader(queue_at(queue)));
}

int queue_others(int fd, std::int32_t* pids, int capacity) noexcept {
    return guarded("opendir", [=] {
        const auto others = queues::other_processes(fd);
        std::copy_n(others.begin(), std::min(others.size(), static_cast<std::size_t>(std::max(capacity, 0))), pids);
        return static_cast<int>(others.size());
    });
}

std::int64_t memory_allocate(int size) noexcept {
    void* memory = std::malloc(static_cast<std::size_t>(size));
    return memory == nullptr ? failed<std::int64_t>(ENOMEM, "malloc") : reinterpret_cast<std::int64_t>(memory);
}

void memory_free(std::int64_t address) noexcept {
    std::free(pointer<void>(address));
}

int thread_barrier_exists() noexcept {
    return sync::can_fence_threads();
}

int thread_barrier() noexcept {
    return sync::fence_threads() ? 0 : failed<int>(errno, "membarrier");
}

}  // namespace multiprocessing::bindings
