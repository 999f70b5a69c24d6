#include <sys/mman.h>

#include "keeper.hpp"
#include "ring.hpp"
#include "waiting.hpp"

namespace multiprocessing::queues {

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

namespace {

using sync::Acquired;

/// What a look at the first record led to.
enum class Found {
    message,
    nothing,
    not_small,  ///< it is to be looked at under the lock
    moved,      ///< the head: it is to be looked at anew
};

/// Who tries so often in vain to be the one who moves the head waits for the lock instead.
constexpr int attempts = 64;

constexpr Record nothing_small{0, Kind::none, 0};

/// Whether a mark is that far.
bool is_behind(Mark mark, Mark other) noexcept {
    return static_cast<std::int32_t>(position(other) - position(mark)) > 0;
}

/// Whether somebody who looked at the tail has seen that there is a record at a mark.
bool was_seen(const QueueState& queue, Mark at) noexcept {
    return is_behind(at, queue.seen_tail.load(std::memory_order_acquire));
}

/// Whether there is a record at the head. Looks at the tail only where nobody has seen that yet: it is the writers'.
bool has_record(QueueState& queue, Mark head) noexcept {
    auto seen = queue.seen_tail.load(std::memory_order_acquire);
    if (is_behind(head, seen)) return true;
    const auto tail = queue.tail.load(std::memory_order_seq_cst);
    if (position(tail) == position(head)) return false;
    // Unless somebody has seen more meanwhile: what was seen never goes back.
    queue.seen_tail.compare_exchange_strong(seen, tail, std::memory_order_release, std::memory_order_relaxed);
    return true;
}

/// Copies the record at a mark, if it is a small message. It is that message if the head comes to the mark, or is there
/// still, after that: until then nobody writes anything else there. Else it is anything.
/// @return of the kind `none` if there is no small message
Record copy_small(QueueState& queue, Mark at, std::byte* to, std::size_t capacity) noexcept {
    const auto number = queue.get_ring.load(std::memory_order_acquire);
    const auto& ring = ring_number(queue, number);
    if (ring.end.load(std::memory_order_acquire) == (Segment::closed | position(at))) return nothing_small;
    const auto circle = Circle::glimpse_of(queue, ring);
    if (queue.get_ring.load(std::memory_order_relaxed) != number) return nothing_small;  // another ring's place
    const auto record = unpack(circle.glimpse(position(at)));
    if (record.kind != Kind::whole || record.size > std::min(small, capacity)) return nothing_small;
    circle.glimpse(position(at) + 1, to, record.size);
    return record;
}

Mark after(Mark at, Record record) noexcept {
    return mark(position(at) + units(record.size), messages(at) + 1);
}

/// Takes the first message, or copies it, if it is small. Needs no lock: it is taken by who moves the head over it.
Found take_small(QueueState& queue, std::byte* buffer, std::size_t capacity, bool consume, Outcome& outcome) noexcept {
    for (int i = 0; i < attempts; ++i) {
        auto head = queue.head.load(std::memory_order_seq_cst);
        if (!has_record(queue, head)) return Found::nothing;
        const auto record = copy_small(queue, head, buffer, capacity);
        if (record.kind == Kind::none) {
            if (queue.head.load(std::memory_order_seq_cst) != head) continue;
            return Found::not_small;
        }
        const auto next = consume ? after(head, record) : head;
        if (!queue.head.compare_exchange_strong(head, next, std::memory_order_seq_cst)) continue;
        outcome.size = record.size;
        outcome.tag = record.tag;
        outcome.status = Status::done;
        return Found::message;
    }
    return Found::not_small;
}

/// A get() under the lock: nobody else moves the head over what is not small.
class Reader {
public:
    explicit Reader(QueueState& queue) noexcept
        : queue_(queue), head_(queue.head.load(std::memory_order_seq_cst)) {}

    [[nodiscard]] bool has_record() const noexcept { return queues::has_record(queue_, head_); }
    /// Whether others have moved the head meanwhile.
    [[nodiscard]] bool is_late() const noexcept {
        return queue_.head.load(std::memory_order_seq_cst) != head_;
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
};

void leave(QueueState& queue) noexcept {
    sync::release_fully(queue.get_lock);
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
    if (queue.put_lock.word.load(std::memory_order_relaxed) == 0 && !keeper_is_dead(queue)) return false;
    const auto how = sync::acquire(queue.put_lock, caller.process, caller.thread, 0, 0, sync::InDeadlock::report);
    if (how == Acquired::timed_out) return false;
    bool lost = false;
    if (queue.keeper.load(std::memory_order_acquire) == 0 || keeper_is_dead(queue)) {
        Timer none({caller.process, caller.thread, 0});
        static_cast<void>(dismiss_keeper(queue, caller, none));
        lost = mend_writing(queue);
    }
    sync::release_fully(queue.put_lock);
    return lost;
}

/// The next record of a message that is being read; blocks until it is there. It will be: if the writer dies, `abort`.
Record next_record(QueueState& queue, Reader& reader, const Caller& caller) noexcept {
    const Caller patient{caller.process, caller.thread, -1};
    Waiting waiting(queue.readers, queue.waiting_readers, patient, &queue.keeper);
    while (!reader.has_record()) {
        queue.get_stalls.store(1, std::memory_order_relaxed);
        static_cast<void>(waiting.wait([&] { return reader.has_record(); }, true));
        if (waiting.look()) static_cast<void>(mend_if_dead(queue, patient));
    }
    queue.get_stalls.store(0, std::memory_order_relaxed);
    return unpack(reader.circle().load(reader.at()));
}

/// Takes the rest of a message that comes in pieces. @return whether it had an end
bool take_pieces(QueueState& queue, Reader& reader, const Caller& caller, Record record, std::byte* buffer,
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
            return false;
        }
        reader.circle().read(reader.at() + 1, buffer + taken, record.size);
        taken += record.size;
        reader.advance(record);
        wake_writers(queue);
    }
    return true;
}

/// Looks at the first record under the lock, and takes its message.
Found take(QueueState& queue, const Caller& caller, std::byte* buffer, std::size_t capacity, bool consume,
           Outcome& outcome) noexcept {
    Reader reader(queue);
    if (!reader.has_record()) return Found::nothing;
    const auto circle = reader.circle();
    const auto record = unpack(circle.glimpse(reader.at()));
    if (reader.is_late()) return Found::moved;
    if (record.kind != Kind::whole && record.kind != Kind::first) {
        // What a reader left that died in the middle of it.
        if (record.kind != Kind::more) drop(queue, record, outcome);
        reader.advance(record);
        return Found::moved;
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
    if (!whole) {
        return take_pieces(queue, reader, caller, record, buffer, outcome) ? Found::message : Found::moved;
    }
    if (record.size <= small) return take_small(queue, buffer, capacity, consume, outcome);
    circle.read(reader.at() + 1, buffer, record.size);
    if (consume) reader.advance(record);
    return Found::message;
}

/// Takes the first message that is one, under the lock. @return false if there is none
bool take_message(QueueState& queue, const Caller& caller, std::byte* buffer, std::size_t capacity, bool consume,
                  Outcome& outcome) noexcept {
    for (;;) {
        switch (take(queue, caller, buffer, capacity, consume, outcome)) {
            case Found::message: return true;
            case Found::nothing: return false;
            case Found::not_small:
            case Found::moved: wake_writers(queue);  // there may be room, if no message yet
        }
    }
}

/// A message has come just after a look that found none. If it is one of many that follow each other, to take them one
/// by one would slow their writer down: it has to get the tail's cache line back each time. So some are to come first.
/// @return true
bool let_more_come(QueueState& queue) noexcept {
    constexpr Nanoseconds glance = 500, moment = 5'000;
    constexpr std::uint32_t some = 3;
    if (!queue.readers.linger.is_due()) return true;
    const auto begin = sync::monotonic_now();
    const auto can_come = [&] { return (queue.writers.word.load() & Sleepers::some) == 0 && !full(queue); };
    const auto linger = [&](Nanoseconds time) {
        do pause();
        while (sync::monotonic_now() - begin < time && can_come());
    };
    linger(glance);
    const auto few = size(queue);
    if (few >= some) linger(moment);
    if (size(queue) > std::max(few, some)) queue.readers.linger.was_of_use();
    else queue.readers.linger.was_of_no_use();
    return true;
}

Outcome get_slowly(QueueState& queue, const Caller& caller, std::byte* buffer, std::size_t capacity, bool consume,
                   Outcome& outcome) noexcept {
    Timer timer(caller);
    Waiting waiting(queue.readers, queue.waiting_readers, caller, &queue.keeper);
    const auto ready = [&] { return !empty(queue); };
    do {
        if (waiting.look()) outcome.lost |= mend_if_dead(queue, caller);
        if (!ready()) continue;
        const auto found = take_small(queue, buffer, capacity, consume, outcome);
        if (found == Found::nothing) continue;
        bool taken = found == Found::message;
        if (!taken) {
            const auto entered = enter(queue.get_lock, queue.get_stalls, caller, timer);
            if (entered == Acquired::timed_out) break;
            if (entered == Acquired::recovered) queue.get_stalls.store(0, std::memory_order_relaxed);
            taken = take_message(queue, caller, buffer, capacity, consume, outcome);
            leave(queue);
        }
        if (taken) {
            wake_writers(queue);
            return outcome;
        }
    } while (waiting.wait(ready) && (!waiting.is_short() || let_more_come(queue)));
    waiting.give_up(ready());
    outcome.status = Status::timed_out;
    return outcome;
}

}  // namespace

Outcome get(QueueState& queue, const Caller& caller, std::byte* buffer, std::size_t capacity, bool consume) noexcept {
    Outcome outcome{Status::timed_out, 0, false, 0, 0};
    if (take_small(queue, buffer, capacity, consume, outcome) == Found::message) {
        wake_writers(queue);
        return outcome;
    }
    return get_slowly(queue, caller, buffer, capacity, consume, outcome);
}

std::uint32_t look_ahead(QueueState& queue, std::byte* buffer, std::size_t capacity, std::uint32_t most) noexcept {
    std::uint32_t count = 0;
    auto at = queue.head.load(std::memory_order_seq_cst);
    if (!has_record(queue, at)) return 0;
    while (count < most && capacity >= sizeof(Glimpse) && was_seen(queue, at)) {
        const auto record = copy_small(queue, at, buffer + sizeof(Glimpse), capacity - sizeof(Glimpse));
        if (record.kind == Kind::none) break;
        const auto next = after(at, record);
        new (buffer) Glimpse{at, next, record.size, record.tag};
        const auto used = std::min(capacity, sizeof(Glimpse) + (units(record.size) - 1) * unit);
        buffer += used;
        capacity -= used;
        at = next;
        ++count;
    }
    return count;
}

std::uint32_t size(const QueueState& queue) noexcept {
    const auto head = queue.head.load(std::memory_order_seq_cst);
    return messages(queue.tail.load(std::memory_order_seq_cst)) - messages(head);
}

bool full(const QueueState& queue) noexcept {
    return queue.max_items != 0 && size(queue) >= queue.max_items;
}

}  // namespace multiprocessing::queues
