#include <time.h>

#include <bit>

#include "multiprocessing/error.hpp"
#include "multiprocessing/heap.hpp"
#include "keeper.hpp"
#include "ring.hpp"

namespace multiprocessing::queues {
namespace {

using sync::Acquired;

/// What is being written, beside the tail's position before it.
enum class Step : std::uint32_t { nothing = 0, whole = 1, first = 2, more = 3, last = 4 };

/// A ring that is larger than this is left when it is empty.
constexpr std::uint32_t keep_at_most = (4u << 20) / unit;

/// How often to look whether a reader makes room before going to sleep: some microseconds.
constexpr int spins_for_room = 256;

struct Message {
    const std::byte* data;
    std::size_t size;
    std::uint8_t tag;

    [[nodiscard]] Record whole() const noexcept { return {static_cast<std::uint32_t>(size), Kind::whole, tag}; }
};

void begin(QueueState& queue, std::uint32_t at, Step step) noexcept {
    queue.writing.store(std::uint64_t{at} << 32 | static_cast<std::uint64_t>(step), std::memory_order_release);
}

void end(QueueState& queue) noexcept {
    queue.writing.store(0, std::memory_order_release);
}

/// A put() inside the lock.
class Writer {
public:
    Writer(QueueState& queue, int fd) noexcept
        : queue_(queue), fd_(fd), ring_(&ring_number(queue, queue.put_ring.load(std::memory_order_relaxed))),
          tail_(queue.tail.load(std::memory_order_relaxed)), head_(queue.seen_head.load(std::memory_order_relaxed)) {}

    [[nodiscard]] bool has_too_many() noexcept {
        return queue_.max_items != 0 && messages(tail_) - messages(head_) >= queue_.max_items &&
               messages(tail_) - messages(look()) >= queue_.max_items;
    }
    /// Whether so many units can be written; one more is always kept for `abort`.
    [[nodiscard]] bool fits(std::uint32_t count) noexcept { return count < room() || (look(), count < room()); }
    [[nodiscard]] std::uint32_t units_of_ring() const noexcept { return ring_->units(); }
    [[nodiscard]] std::uint32_t room() const noexcept { return ring_->units() - used(); }
    /// Sees how far the readers are.
    Mark look() noexcept {
        head_ = queue_.head.load(std::memory_order_acquire);
        queue_.seen_head.store(head_, std::memory_order_relaxed);
        return head_;
    }

    /// Writes a record behind the tail, and moves it.
    void append(Step step, Record record, const std::byte* data, std::uint64_t total = 0) noexcept {
        const auto at = position(tail_);
        const Circle circle(queue_, *ring_);
        begin(queue_, at, step);
        circle.store(at, pack(record));
        auto prefix = std::size_t{0};
        if (record.kind == Kind::first) {
            circle.store(at + 1, total);
            prefix = unit;
        }
        circle.write(at + 1 + static_cast<std::uint32_t>(prefix / unit), data, record.size - prefix);
        const bool counts = step == Step::whole || step == Step::first;
        tail_ = mark(at + units(record.size), messages(tail_) + counts);
        // Between pieces the lock is kept: nothing else makes the tail known before a look at who waits for it.
        queue_.tail.store(tail_, step == Step::whole ? std::memory_order_release : std::memory_order_seq_cst);
        if (step == Step::whole || step == Step::last) end(queue_);
    }

    /// Waits for the readers to make room before the ring grows: as long as they keep up, a small one is faster, since
    /// it stays in the processor's cache. For a nanosecond per byte at most, so that it does not last if nobody reads.
    [[nodiscard]] bool soon_has_room(std::uint32_t count) noexcept {
        const auto wanted = std::max(count, ring_->units() / 4);
        const auto has_room = [&] { return look(), wanted < room(); };
        for (int i = 0; i < spins_for_room; ++i) {
            if (has_room()) return true;
            pause();
        }
        const auto deadline = sync::monotonic_now() + static_cast<Nanoseconds>(ring_->units() * unit);
        while (!has_room() && sync::monotonic_now() < deadline) {
            const timespec nap{0, 50'000};
            ::nanosleep(&nap, nullptr);
        }
        return count < room();
    }

    [[nodiscard]] bool may_shrink() noexcept {
        return ring_->mask >= keep_at_most && position(look()) == position(tail_);
    }
    [[nodiscard]] bool may_grow() const noexcept { return queue_.largest > ring_->units(); }

    /// Goes over to a new ring. @param count what has to fit @return 1; 0 if it may not be; -errno if it could not be
    [[nodiscard]] int open_ring(std::uint64_t count) noexcept {
        const auto number = queue_.put_ring.load(std::memory_order_relaxed);
        const auto oldest = queue_.get_ring.load(std::memory_order_acquire);
        const auto size = std::bit_ceil(std::max<std::uint64_t>(count + 2, first_ring / unit));
        if (size > queue_.largest || number + 1 - oldest >= QueueState::rings) return 0;
        const auto offset = free_space(ring_number(queue_, oldest), size * unit);
        if (offset == 0) return 0;
        try {
            Arena::reserve(fd_, offset, size * unit);
        } catch (const OSError& error) {
            return -error.error();
        }
        auto& next = ring_number(queue_, number + 1);
        next.offset = offset;
        next.mask = static_cast<std::uint32_t>(size - 1);
        next.start = position(tail_);
        next.end.store(0, std::memory_order_relaxed);
        ring_->end.store(Segment::closed | position(tail_), std::memory_order_release);
        queue_.put_ring.store(number + 1, std::memory_order_release);
        ring_ = &next;
        return 1;
    }

private:
    /// The units of this ring that are not read yet. The readers may still be in an older one.
    [[nodiscard]] std::uint32_t used() const noexcept {
        const auto ahead = static_cast<std::int32_t>(position(head_) - ring_->start);
        return position(tail_) - (ahead > 0 ? position(head_) : ring_->start);
    }

    /// Rings lie one behind the other, and begin anew from the front when they come to the memory's end.
    /// @return 0 if there is no room
    [[nodiscard]] std::size_t free_space(const Segment& oldest, std::size_t bytes) const noexcept {
        const auto after = ring_->offset + std::size_t{ring_->units()} * unit;
        if (oldest.offset > ring_->offset) return after + bytes <= oldest.offset ? after : 0;
        if (after + bytes <= queue_.size) return after;
        return data_offset + bytes <= oldest.offset ? data_offset : 0;
    }

    QueueState& queue_;
    const int fd_;
    Segment* ring_;
    Mark tail_;
    Mark head_;
};

/// Whether a writer that does not hold the lock would find room at this moment.
bool has_room(const QueueState& queue, std::uint32_t count) noexcept {
    const auto head = queue.head.load(std::memory_order_seq_cst);
    const auto tail = queue.tail.load(std::memory_order_seq_cst);
    if (queue.max_items != 0 && messages(tail) - messages(head) >= queue.max_items) return false;
    const auto& ring = queue.ring[queue.put_ring.load(std::memory_order_acquire) % QueueState::rings];
    return position(tail) - position(head) + count < ring.units();
}

/// Leaves word how much has to be read until it is worth to wake a writer that waits for bytes. Of several writers the
/// one that wants least counts; if they come at once another's wish may stand, and one of them wait longer than needed.
void want(QueueState& queue, std::uint32_t ring, std::uint32_t count) noexcept {
    auto level = ring - std::min(ring, std::max(count + 1, ring / 4)) + 1;
    if ((queue.writers.word.load(std::memory_order_relaxed) & Sleepers::some) != 0) {
        level = std::max(level, queue.wake_level.load(std::memory_order_relaxed));
    }
    queue.wake_level.store(level, std::memory_order_relaxed);
}

/// What a place for the message could be had by.
enum class Place { here, wait_for_message, wait_for_bytes, pieces, none };

Place find_place(Writer& writer, std::uint64_t count, bool may_wait, int& error) noexcept {
    if (writer.has_too_many()) return Place::wait_for_message;
    const bool small = count < writer.units_of_ring();
    if (small && writer.fits(static_cast<std::uint32_t>(count))) {
        if (writer.may_shrink()) static_cast<void>(writer.open_ring(count));  // if not, it stays as large as it is
        return Place::here;
    }
    if (small && may_wait && writer.may_grow() && writer.soon_has_room(static_cast<std::uint32_t>(count))) {
        return Place::here;
    }
    const int opened = writer.open_ring(std::max<std::uint64_t>(count, writer.units_of_ring()));
    if (opened < 0) {
        error = -opened;
        return Place::none;
    }
    if (opened > 0) return Place::here;
    return count > writer.units_of_ring() / 2 ? Place::pieces : Place::wait_for_bytes;
}

/// Sends the message, or the rest of it, through the ring in pieces; holds the lock.
[[gnu::noinline]] Outcome put_pieces(QueueState& queue, int fd, const Caller& caller, const Message& message,
                                     std::size_t written) noexcept {
    const auto [data, size, tag] = message;
    Waiting waiting(queue.writers, queue.waiting_writers, caller);
    Writer writer(queue, fd);
    while (written < size) {
        const auto rest = std::min(units(size - written), writer.units_of_ring() / 4);
        const auto ready = [&] {
            writer.look();
            return rest < writer.room();
        };
        if (!ready()) {
            queue.put_stalls.store(1, std::memory_order_relaxed);
            want(queue, writer.units_of_ring(), rest);
            if (!waiting.wait(ready, true)) {
                return {written == 0 ? Status::timed_out : Status::underway, 0, false, 0, written};
            }
            continue;
        }
        if (written == 0 && writer.fits(units(size))) {  // by now
            writer.append(Step::whole, message.whole(), data);
            break;
        }
        const std::size_t prefix = written == 0 ? unit : 0;
        const auto piece = std::min(size - written, (std::size_t{writer.room()} - 2) * unit - prefix);
        const bool ends = written + piece == size;
        const auto step = written == 0 ? Step::first : ends ? Step::last : Step::more;
        const auto kind = written == 0 ? Kind::first : ends ? Kind::last : Kind::more;
        writer.append(step, {static_cast<std::uint32_t>(piece + prefix), kind, tag}, data + written, size);
        written += piece;
        wake(queue.readers, true);
    }
    queue.put_stalls.store(0, std::memory_order_relaxed);
    leave_after_put(queue, caller.process);
    wake(queue.readers, true);
    return {Status::done, 0, false, 0, size};
}

/// The reader drops what was written of a message that will have no end.
void append_abort(QueueState& queue, std::uint8_t tag) noexcept {
    constexpr std::byte nothing{};
    Writer(queue, -1).append(Step::last, {0, Kind::abort, tag}, &nothing);
    queue.put_stalls.store(0, std::memory_order_relaxed);
}

[[gnu::noinline]] Outcome put_slowly(QueueState& queue, int fd, const Caller& caller, const Message& message) noexcept {
    Timer timer(caller);
    const auto count = units(message.size);
    Waiting waiting(queue.writers, queue.waiting_writers, caller);
    bool lost = false;
    for (;;) {
        const auto entered = enter_to_put(queue, caller, timer);
        if (entered == Acquired::timed_out) break;
        if (entered == Acquired::recovered && mend_writing(queue)) {
            lost = true;
            wake(queue.readers, true);  // who waits for the rest, which will not come
        }
        int error = 0;
        auto place = Place::here;
        std::uint32_t ring = 0;
        {
            Writer writer(queue, fd);
            place = find_place(writer, count, caller.timeout != 0, error);
            if (place == Place::here) writer.append(Step::whole, message.whole(), message.data);
            ring = writer.units_of_ring();
        }
        if (place == Place::pieces && caller.timeout != 0) {
            auto outcome = put_pieces(queue, fd, caller, message, 0);
            outcome.lost = lost;
            if (outcome.status == Status::timed_out) {
                queue.put_stalls.store(0, std::memory_order_relaxed);
                sync::release_fully(queue.put_lock);
            }
            return outcome;
        }
        if (place == Place::here) {
            leave_after_put(queue, caller.process);
            wake(queue.readers);
            return {Status::done, 0, lost, 0, message.size};
        }
        sync::release_fully(queue.put_lock);
        if (place == Place::none) return {Status::failed, 0, lost, error, 0};
        const bool bytes = place != Place::wait_for_message;
        if (bytes) want(queue, ring, count);
        if (!waiting.wait([&] { return has_room(queue, count); }, bytes)) break;
    }
    waiting.give_up(has_room(queue, count));
    return {Status::timed_out, 0, lost, 0, 0};
}

/// Appends a message if it fits as things are. @return whether it does
[[gnu::always_inline]] inline bool append_at_once(QueueState& queue, int fd, const Message& message) noexcept {
    Writer writer(queue, fd);
    const auto count = units(message.size);
    if (writer.has_too_many() || count >= writer.units_of_ring() || !writer.fits(count) || writer.may_shrink()) {
        return false;
    }
    writer.append(Step::whole, message.whole(), message.data);
    return true;
}

bool append_as_keeper(QueueState& queue, int fd, const Caller& caller, const Message& message) noexcept {
    KeepersTurn turn(queue, caller.process);
    if (!turn.is_inside() || !append_at_once(queue, fd, message)) return false;
    sync::fence_of_compiler();
    // Who has to wake others writes under the lock: else they would have a fence made each time before they sleep.
    if ((queue.readers.word.load(std::memory_order_seq_cst) & Sleepers::some) != 0) turn.resign();
    return true;
}

[[gnu::noinline]] bool append_under_lock(QueueState& queue, int fd, const Caller& caller,
                                         const Message& message) noexcept {
    if (!sync::try_take(queue.put_lock, caller.process, caller.thread)) return false;
    // Acquired: one that has resigned did so without the lock.
    if (queue.keeper.load(std::memory_order_acquire) == 0 && append_at_once(queue, fd, message)) {
        leave_after_put(queue, caller.process);
        return true;
    }
    sync::release_fully(queue.put_lock);
    return false;
}

}  // namespace

bool mend_writing(QueueState& queue) noexcept {
    // The ring it was about to leave, or had just opened.
    auto number = queue.put_ring.load(std::memory_order_relaxed);
    while ((ring_number(queue, number).end.load(std::memory_order_acquire) & Segment::closed) != 0) {
        queue.put_ring.store(++number, std::memory_order_release);
    }
    const auto writing = queue.writing.load(std::memory_order_acquire);
    const auto step = static_cast<Step>(static_cast<std::uint32_t>(writing));
    const auto tail = position(queue.tail.load(std::memory_order_relaxed));
    const bool moved = tail != static_cast<std::uint32_t>(writing >> 32);
    queue.put_stalls.store(0, std::memory_order_relaxed);
    if (step == Step::nothing) return false;
    if (step == Step::more || (step == Step::first && moved) || (step == Step::last && !moved)) {
        append_abort(queue, 0);  // who reads that counts it
        return true;
    }
    const bool lost = !moved;
    if (lost) queue.lost.fetch_add(1, std::memory_order_relaxed);
    end(queue);
    return lost;
}

void abandon(QueueState& queue) noexcept {
    append_abort(queue, given_up);
    sync::release_fully(queue.put_lock);
    wake(queue.readers, true);
}

Outcome put(QueueState& queue, int fd, const Caller& caller, const std::byte* data, std::size_t size, std::uint8_t tag,
            std::size_t written) noexcept {
    const Message message{data, size, tag};
    if (written != 0) return put_pieces(queue, fd, caller, message, written);
    if (append_as_keeper(queue, fd, caller, message) || append_under_lock(queue, fd, caller, message)) {
        wake(queue.readers);
        return {Status::done, 0, false, 0, size};
    }
    return put_slowly(queue, fd, caller, message);
}

}  // namespace multiprocessing::queues
