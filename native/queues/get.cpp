#include <sys/mman.h>

#include "ring.hpp"
#include "waiting.hpp"

namespace multiprocessing::queues {
namespace {

using sync::Acquired;

/// What a look at the first record led to.
enum class Found { message, nothing, dropped };

/// A get() under the lock.
class Reader {
public:
    explicit Reader(QueueState& queue) noexcept
        : queue_(queue), head_(queue.head.load(std::memory_order_relaxed)),
          tail_(queue.seen_tail.load(std::memory_order_relaxed)) {}

    /// Whether there is a record to read.
    [[nodiscard]] bool has_record() noexcept {
        if (position(tail_) != position(head_)) return true;
        tail_ = queue_.tail.load(std::memory_order_seq_cst);
        queue_.seen_tail.store(tail_, std::memory_order_relaxed);
        return position(tail_) != position(head_);
    }
    /// The ring that the head is in. Leaves those that were read to their ends.
    [[nodiscard]] Circle circle() noexcept {
        auto number = queue_.get_ring.load(std::memory_order_relaxed);
        const auto* ring = &ring_number(queue_, number);
        while (ring->end.load(std::memory_order_acquire) == (Segment::closed | position(head_))) {
            // The pages first: as long as the number stands nobody uses them anew, and it can be done twice.
            ::madvise(reinterpret_cast<std::byte*>(&queue_) + ring->offset, std::size_t{ring->units()} * unit,
                      MADV_REMOVE);
            queue_.get_ring.store(++number, std::memory_order_release);
            ring = &ring_number(queue_, number);
        }
        return {queue_, *ring};
    }
    [[nodiscard]] std::uint32_t at() const noexcept { return position(head_); }

    /// Moves the head over a record.
    void advance(Record record) noexcept {
        const bool ends = record.kind != Kind::first && record.kind != Kind::more;
        head_ = mark(position(head_) + units(record.size), messages(head_) + ends);
        // As with the tail.
        queue_.head.store(head_,
                          record.kind == Kind::whole ? std::memory_order_release : std::memory_order_seq_cst);
    }

private:
    QueueState& queue_;
    Mark head_;
    Mark tail_;
};

void leave(QueueState& queue) noexcept {
    sync::release_fully(queue.get_lock);
}

/// Wakes a writer that waits for there to be less messages, or all if there is so much room as they want.
void wake_writers(QueueState& queue) noexcept {
    const auto word = queue.writers.word.load(std::memory_order_seq_cst);
    if ((word & Sleepers::some) == 0) return;
    if ((word & Sleepers::mixed) != 0 && queue.max_items == 0) {
        const auto head = queue.head.load(std::memory_order_seq_cst);
        const auto unread = position(queue.tail.load(std::memory_order_seq_cst)) - position(head);
        if (unread >= queue.wake_level.load(std::memory_order_relaxed)) return;
    }
    wake_sleepers(queue.writers, false);
}

/// A message will never be whole. @param last its last record: `abort` if its writer gave it up, or died
void drop(QueueState& queue, Record last, Outcome& outcome) noexcept {
    if (last.kind != Kind::abort || last.tag != given_up) {
        queue.lost.fetch_add(1, std::memory_order_relaxed);
        (last.kind == Kind::abort ? outcome.lost : outcome.lost_with_reader) = true;
    }
    static_cast<void>(task_done(queue));  // nobody else will say it
}

/// A writer that died in the middle of a message will not go on: whoever notices that ends the message.
/// @return whether one was lost
bool mend_if_dead(QueueState& queue, const Caller& caller) noexcept {
    if (queue.put_lock.word.load(std::memory_order_relaxed) == 0) return false;
    const auto how = sync::acquire(queue.put_lock, caller.process, caller.thread, 0, 0, sync::InDeadlock::report);
    if (how == Acquired::timed_out) return false;
    const bool lost = mend_writing(queue);
    sync::release_fully(queue.put_lock);
    return lost;
}

/// The next record of a message that is being read; blocks until it is there. It will be: if the writer dies, `abort`.
Record next_record(QueueState& queue, Reader& reader, const Caller& caller) noexcept {
    const Caller patient{caller.process, caller.thread, -1};
    Waiting waiting(queue.readers, queue.waiting_readers, patient);
    while (!reader.has_record()) {
        queue.get_stalls.store(1, std::memory_order_relaxed);
        static_cast<void>(waiting.wait([&] { return reader.has_record(); }, true));
        if (waiting.look()) static_cast<void>(mend_if_dead(queue, patient));
    }
    queue.get_stalls.store(0, std::memory_order_relaxed);
    return unpack(reader.circle().load(reader.at()));
}

/// Takes the rest of a message that comes in pieces.
Found take_pieces(QueueState& queue, Reader& reader, const Caller& caller, Record record, std::byte* buffer,
                  Outcome& outcome) noexcept {
    const auto circle = reader.circle();
    std::size_t taken = record.size - unit;
    circle.read(reader.at() + 2, buffer, taken);
    reader.advance(record);
    wake_writers(queue);
    while (record.kind != Kind::last) {
        record = next_record(queue, reader, caller);
        if (record.kind == Kind::abort) {
            drop(queue, record, outcome);
            reader.advance(record);
            return Found::dropped;
        }
        reader.circle().read(reader.at() + 1, buffer + taken, record.size);
        taken += record.size;
        reader.advance(record);
        wake_writers(queue);
    }
    return Found::message;
}

/// Looks at the first record and takes its message.
Found take(QueueState& queue, const Caller& caller, std::byte* buffer, std::size_t capacity, bool consume,
           Outcome& outcome) noexcept {
    Reader reader(queue);
    if (!reader.has_record()) return Found::nothing;
    const auto circle = reader.circle();
    const auto record = unpack(circle.load(reader.at()));
    if (record.kind != Kind::whole && record.kind != Kind::first) {
        // What a reader left that died in the middle of it.
        if (record.kind != Kind::more) drop(queue, record, outcome);
        reader.advance(record);
        return Found::dropped;
    }
    const bool whole = record.kind == Kind::whole;
    outcome.size = whole ? record.size : circle.load(reader.at() + 1);
    outcome.tag = record.tag;
    outcome.status = outcome.size > capacity ? Status::too_small : Status::done;
    if (!whole && !consume) {
        outcome.status = Status::failed;
        outcome.error = EMSGSIZE;
    }
    if (outcome.status != Status::done) return Found::message;
    if (!whole) return take_pieces(queue, reader, caller, record, buffer, outcome);
    circle.read(reader.at() + 1, buffer, record.size);
    if (consume) reader.advance(record);
    return Found::message;
}

/// Takes the first message that is one. @return false if there is none
bool take_message(QueueState& queue, const Caller& caller, std::byte* buffer, std::size_t capacity, bool consume,
                  Outcome& outcome) noexcept {
    for (;;) {
        switch (take(queue, caller, buffer, capacity, consume, outcome)) {
            case Found::message: return true;
            case Found::nothing: return false;
            case Found::dropped: wake_writers(queue);  // there is room, if no message yet
        }
    }
}

Outcome get_slowly(QueueState& queue, const Caller& caller, std::byte* buffer, std::size_t capacity, bool consume,
                   Outcome& outcome) noexcept {
    Timer timer(caller);
    Waiting waiting(queue.readers, queue.waiting_readers, caller);
    const auto ready = [&] { return !empty(queue); };
    do {
        if (waiting.look()) outcome.lost |= mend_if_dead(queue, caller);
        if (!ready()) continue;
        const auto entered = enter(queue.get_lock, queue.get_stalls, caller, timer);
        if (entered == Acquired::timed_out) break;
        if (entered == Acquired::recovered) queue.get_stalls.store(0, std::memory_order_relaxed);
        const bool taken = take_message(queue, caller, buffer, capacity, consume, outcome);
        leave(queue);
        if (taken) {
            wake_writers(queue);
            return outcome;
        }
    } while (waiting.wait(ready));
    waiting.give_up(ready());
    outcome.status = Status::timed_out;
    return outcome;
}

}  // namespace

Outcome get(QueueState& queue, const Caller& caller, std::byte* buffer, std::size_t capacity, bool consume) noexcept {
    Outcome outcome{Status::timed_out, 0, false, 0, 0};
    // What lies there was seen by somebody who looked at the tail: most of the time nobody has to do that again.
    if (sync::try_take(queue.get_lock, caller.process, caller.thread)) {
        const bool taken = take_message(queue, caller, buffer, capacity, consume, outcome);
        leave(queue);
        if (taken) {
            wake_writers(queue);
            return outcome;
        }
    }
    return get_slowly(queue, caller, buffer, capacity, consume, outcome);
}

std::uint32_t size(const QueueState& queue) noexcept {
    const auto head = queue.head.load(std::memory_order_seq_cst);
    return messages(queue.tail.load(std::memory_order_seq_cst)) - messages(head);
}

bool full(const QueueState& queue) noexcept {
    return queue.max_items != 0 && size(queue) >= queue.max_items;
}

}  // namespace multiprocessing::queues
