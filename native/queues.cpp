#include "multiprocessing/queues.hpp"

#include <algorithm>
#include <bit>

#include "multiprocessing/synchronize/membarrier.hpp"

namespace multiprocessing {
namespace {

using queues::Outcome;
using queues::QueueState;
using queues::Status;

/// How often somebody who waits looks whether there is anybody to wait for.
constexpr auto look_for_others = std::chrono::milliseconds(50);

thread_local Bytes buffer(4096);

}  // namespace

ByteQueue::ByteQueue(sync::Kind kind, std::uint32_t max_items, std::size_t limit)
    : block_(queues::allocate(kind, max_items, limit)), state_(reinterpret_cast<QueueState*>(block_.data())) {}

ByteQueue::ByteQueue(sync::Kind kind, const char* name, const std::shared_ptr<Arena>& arena, std::size_t offset)
    : block_(Block::attach(arena, offset, sizeof(QueueState))), state_(reinterpret_cast<QueueState*>(block_.data())) {
    if (!state_->header.is(kind)) throw ValueError(std::string("no ") + name + " lies there");
}

queues::Caller ByteQueue::caller(Timeout timeout) {
    const auto process = sync::this_process();
    const auto nanoseconds = timeout ? std::max(timeout->count(), std::chrono::nanoseconds::rep{0}) : -1;
    return {process, sync::this_thread(process), nanoseconds};
}

bool ByteQueue::put_bytes(std::span<const std::byte> message, char letter, Timeout timeout) {
    if (message.size() > queues::longest_message) {
        throw ValueError("message of " + std::to_string(message.size()) + " bytes is too long");
    }
    const auto outcome = queues::put(*state_, block_.arena()->fd(), caller(timeout), message.data(), message.size(),
                                     static_cast<std::uint8_t>(letter));
    // Of two threads that put a message each, and then look for the other's, one has to see it.
    sync::full_fence();
    if (outcome.status == Status::failed) throw OSError(outcome.error, "posix_fallocate");
    if (outcome.status == Status::underway) queues::abandon(*state_);
    return outcome.status == Status::done;
}

Outcome ByteQueue::get_outcome(Timeout timeout) {
    for (;;) {
        const auto outcome = queues::get(*state_, caller(timeout), buffer.data(), buffer.size());
        if (outcome.status != Status::too_small) return outcome;
        buffer.resize(outcome.size);
    }
}

std::optional<std::span<const std::byte>> ByteQueue::get_bytes(char letter, Timeout timeout) {
    const auto outcome = get_outcome(timeout);
    if (outcome.status != Status::done) return std::nullopt;
    if (outcome.tag != static_cast<std::uint8_t>(letter)) {
        throw ValueError(std::string("message of type '") + static_cast<char>(outcome.tag) + "' where '" + letter +
                         "' is expected");
    }
    return std::span(buffer.data(), outcome.size);
}

void ByteQueue::put_bytes_or_eof(std::span<const std::byte> message, char letter) {
    while (!put_bytes(message, letter, look_for_others)) {
        if (other_processes().empty() && !put_bytes(message, letter, std::chrono::nanoseconds(0))) throw EOFError();
    }
}

std::span<const std::byte> ByteQueue::get_bytes_or_eof(char letter) {
    for (;;) {
        if (const auto bytes = get_bytes(letter, look_for_others)) return *bytes;
        if (!other_processes().empty()) continue;
        if (const auto bytes = get_bytes(letter, std::chrono::nanoseconds(0))) return *bytes;
        throw EOFError();
    }
}

}  // namespace multiprocessing
