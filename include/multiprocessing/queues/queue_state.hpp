/// @file
/// A queue as it lies in shared memory: a ring of bytes between who puts, under a lock that names its owner, and who
/// gets, without one for small messages and under another for the rest.
///
/// **Two words** say everything: `tail`, up to where there is something to read, and `head`, up to where it was read.
/// Each holds a position and a count of messages, so that both change at once. A writer copies its message behind the
/// tail and then moves it; a reader copies the first message out and then moves the head. A kill before either means
/// that nothing happened: the message that was being written is lost, one that was being read is still there. `writing`
/// tells the next writer whether one was lost.
///
/// **The keeper.** To take and release a lock costs more than to copy a small message. Who has put thousands of
/// messages (see keep_after), nobody else any in between, and found no reader asleep, keeps the right to write: it is
/// inside the lock without taking it, and says when it is by plain stores in a place of its own. Whoever has taken the
/// lock dismisses it first: stores that in `keeper`, has the kernel make a fence in it (membarrier(2)), and waits until
/// it is outside. Readers have that fence made before they sleep. (Dice, Moir, Scherer: "Quickly Reacquirable Locks";
/// there the keeper has to give up the right itself, here it may be dead.) One that was dismissed may be about to say
/// that it is inside, and not have seen yet that it may not be: its place is nobody else's until it takes the lock, or
/// its thread has ended.
///
/// **Small messages** need no reader's lock. Any number of readers copy the first one; the one of them who moves the
/// head over it, by a compare-and-set, has it, and the others know that theirs may be torn and begin anew: no writer
/// comes near a message before the head has left it. Whatever else there is to be moved over, a large message, a piece,
/// or the end of a ring, only the owner of the lock moves the head over. So a message may as well be copied long before
/// it is taken: see look_ahead().
///
/// **Growth.** The memory is a sparse file, mapped whole by everybody; of it those pages are there that are used. A
/// ring that is full, and that nobody reads from fast enough, is closed at its tail, and a larger one is opened; the
/// reader goes over when it comes to the end, and gives the old one's pages back. (One that looks there too late may
/// bring a page back, until the place is used again.) Positions count on across rings. Each step is one store, and is
/// done again by the next who comes if a kill came in between.
///
/// **Pieces.** Where the ring must not grow, a message that does not fit goes through it in pieces, under the writer's
/// lock throughout. If that one dies, its message is ended by `abort`, which the next writer leaves there, or a reader
/// that waits; if the reader dies in the middle, the next one skips what is left. Either counts as lost.
///
/// **Sleeping.** Who waits leaves word of that before it looks for the last time and sleeps on that word. Whoever moves
/// the tail or head looks at the word then. It changes the word before it wakes somebody, and clears the flag only if
/// there was nobody to be woken and the word is still as it left it: so nobody can have gone to sleep meanwhile.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "multiprocessing/export.hpp"
#include "multiprocessing/heap.hpp"
#include "multiprocessing/synchronize/habit.hpp"
#include "multiprocessing/synchronize/lock_state.hpp"

namespace multiprocessing {
namespace queues MULTIPROCESSING_API {

using sync::Nanoseconds;
using sync::ProcessId;
using sync::ThreadId;

/// A position in units of 8 bytes in the low half, a number of messages in the high half, each modulo 2^32.
using Mark = std::uint64_t;

constexpr std::uint32_t position(Mark mark) {
    return static_cast<std::uint32_t>(mark);
}
constexpr std::uint32_t messages(Mark mark) {
    return static_cast<std::uint32_t>(mark >> 32);
}
constexpr Mark mark(std::uint32_t position, std::uint32_t messages) {
    return Mark{messages} << 32 | position;
}

/// Who sleeps until something happens to the other side.
struct alignas(64) Sleepers {
    std::atomic<std::uint64_t> word;
    /// Somebody may sleep on the word.
    static constexpr std::uint64_t some = 1;
    /// Those that sleep wait for different things: all are to be woken.
    static constexpr std::uint64_t mixed = 2;
    static constexpr std::uint64_t one_change = 4;
    sync::Habit spin;   ///< to look for a while before going to sleep
    sync::Habit linger; ///< of readers: to let more messages come
};

/// One ring.
struct Segment {
    std::uint64_t offset;  ///< of its bytes, from the state on
    std::uint32_t mask;    ///< its units less one
    std::uint32_t start;   ///< the position at which it was opened
    /// Once it is closed: the position at which it ends, and the flag.
    std::atomic<std::uint64_t> end;
    std::uint64_t reserved;

    static constexpr std::uint64_t closed = std::uint64_t{1} << 63;
    [[nodiscard]] std::uint32_t units() const noexcept { return mask + 1; }
};
static_assert(sizeof(Segment) == 32);

/// One that is the keeper, or was and may not know yet that it is no more.
struct KeeperPlace {
    std::atomic<std::uint64_t> writer;  ///< see writer_of(); 0: nobody's
    std::atomic<ProcessId> process;     ///< the writer's
    std::atomic<std::uint64_t> inside;  ///< 1 while it puts a message; a futex
    std::uint64_t reserved;
};

struct QueueState {
    std::uint32_t max_items;  ///< the most messages that may be in it; 0: any number
    std::uint32_t largest;    ///< the most units that a ring may grow to
    std::uint64_t size;       ///< the bytes of the whole memory, most of it not there yet
    std::uint64_t reserved0;
    sync::Header header;
    std::uint64_t reserved1[4];

    // Written under put_lock, or by the keeper
    alignas(64) std::atomic<Mark> tail;
    std::atomic<std::uint64_t> writing;    ///< what is being written, and where: 0, or the tail's position and a Step
    std::atomic<Mark> seen_head;           ///< the head when a writer looked last
    std::atomic<std::uint32_t> put_ring;   ///< the number of the ring that is written to
    std::atomic<std::uint32_t> put_stalls; ///< the owner of the lock waits for room in the middle of a message
    std::atomic<std::uint64_t> last_writer; ///< who wrote last, unless the keeper did
    std::atomic<std::uint32_t> since;       ///< the count of messages from which on it has put that many in a row
    std::atomic<std::uint32_t> keeper;      ///< 0: nobody; else its place, counted from 1, and the flag

    // Written under get_lock, but for the first two
    alignas(64) std::atomic<Mark> head;
    std::atomic<Mark> seen_tail;           ///< the tail when a reader looked last
    std::atomic<std::uint32_t> get_ring;
    std::atomic<std::uint32_t> get_stalls;

    Sleepers readers;
    Sleepers writers;
    Sleepers joiners;
    /// Writers that wait for bytes are to be woken once less than so many units are unread.
    alignas(64) std::atomic<std::uint32_t> wake_level;
    std::atomic<std::uint32_t> reserved2;
    /// How many messages have been dealt with, in the low half; in the high half how many they were when last those
    /// were all that had been put. One word: so a put() that follows at once hides from no join() that all was done,
    /// nor is that ever known too late, when a join() for the new message has begun.
    std::atomic<std::uint64_t> tasks;
    std::atomic<std::uint64_t> lost;  ///< messages that were lost with a process that died
    alignas(64) sync::LockState put_lock;
    sync::LockState get_lock;
    sync::Waiters waiting_readers;
    sync::Waiters waiting_writers;
    sync::Waiters waiting_joiners;

    static constexpr std::size_t rings = 32;
    Segment ring[rings];
    static constexpr std::size_t keeper_places = 4;
    alignas(64) KeeperPlace keepers[keeper_places];
    /// The keeper is being dismissed.
    static constexpr std::uint32_t dismissed = 1u << 31;
};
static_assert(offsetof(QueueState, header) == sync::header_offset && offsetof(QueueState, tail) == 64 &&
              offsetof(QueueState, head) == 128 && offsetof(QueueState, put_lock) == 448 &&
              offsetof(QueueState, ring) == 1664 && offsetof(QueueState, keepers) == 2688 &&
              sizeof(QueueState) == 2816);

/// Where the first ring lies.
constexpr std::size_t data_offset = 4096;
/// The first ring of a queue that grows, and the whole of a SimpleQueue, as Linux's pipes are: bytes.
constexpr std::size_t first_ring = 65536;
/// The least that a ring may be limited to.
constexpr std::size_t least_ring = 4096;
/// All that a queue may hold at once, in bytes: of address space, not of memory.
constexpr std::size_t most_bytes = std::size_t{8} << 30;
/// The longest message.
constexpr std::size_t longest_message = (std::size_t{1} << 31) - 1;

/// How many messages in a row it takes to become the keeper: about as long as it takes to dismiss one, many times over.
/// A process that has not enlisted for fences yet does so after 65,536 in a row, and has none before. Tests make it
/// small.
inline std::atomic<std::uint32_t> keep_after{4096};

/// What /proc/PID/fd shows of a queue's memory.
constexpr const char* arena_label = "multiprocessing-queue";

/// Makes a queue, in an arena of its own.
/// @param limit bytes that its ring may grow to, rounded up to a power of two; 0: most_bytes
/// @throws OSError ENOMEM, ENOSPC, EMFILE
[[nodiscard]] Block allocate(sync::Kind kind, std::uint32_t max_items, std::size_t limit);

enum class Status : std::uint8_t {
    timed_out,  ///< and nothing happened
    done,
    too_small,  ///< the buffer: nothing happened, `size` says what it takes
    underway,   ///< put(): the time ran out with a part of the message written; call it again, or abandon()
    failed,     ///< `error` is the errno: put() could not let the memory grow, or see get()
};

struct Outcome {
    Status status;
    std::uint8_t tag;
    bool lost;  ///< it was found that a message was lost with a process that died: see dead_writer()
    int error;
    std::size_t size;               ///< get(): of the message; put(): what is written of it
    bool lost_with_reader = false;  ///< get(): the same, but that one took it, in pieces: see dead_reader()
};

/// Who calls, and how long it waits.
struct Caller {
    ProcessId process;
    ThreadId thread;
    Nanoseconds timeout;    ///< negative: for ever; 0: does not wait, but for another's copying
    Nanoseconds since = 0;  ///< when the wait began, for those that wait in slices; 0: now
};

/// Appends a message. No fence follows: who looks afterwards whether others did something first has to make one.
/// @param fd the memory's, to let it grow
/// @param written what an earlier call answered that was `underway`, in the same thread, with the same message; else 0
[[nodiscard]] Outcome put(QueueState& queue, int fd, const Caller& caller, const std::byte* data, std::size_t size,
                          std::uint8_t tag, std::size_t written = 0) noexcept;
/// Gives up a message that is `underway`, and the lock: the readers will drop it.
void abandon(QueueState& queue) noexcept;

/// Takes the first message.
/// @param consume false only copies it; a message that comes in pieces is not all there to be copied: EMSGSIZE
[[nodiscard]] Outcome get(QueueState& queue, const Caller& caller, std::byte* buffer, std::size_t capacity,
                          bool consume = true) noexcept;

/// A small message as it was copied before it is taken: by callers to whom a call costs more than a copy. It is theirs
/// if they are the ones who change the head from `at` to `next`; if that fails it has become somebody else's. (A head
/// comes again after 2^32 messages: it would take just so many to be mistaken.) Its bytes follow, up to a whole number
/// of words.
struct Glimpse {
    Mark at;
    Mark next;
    std::uint32_t size;
    std::uint32_t tag;
};

/// Copies the first messages, so far as they are there and small. They stay where they are.
/// @param buffer at a multiple of 8 @param most how many at most @return how many
[[nodiscard]] std::uint32_t look_ahead(QueueState& queue, std::byte* buffer, std::size_t capacity,
                                       std::uint32_t most) noexcept;
/// Wakes who waits for room: after a message that look_ahead() copied was taken, if somebody sleeps on `writers`.
void wake_writers(QueueState& queue) noexcept;

/// The messages in it at this moment.
[[nodiscard]] std::uint32_t size(const QueueState& queue) noexcept;
[[nodiscard]] inline bool empty(const QueueState& queue) noexcept {
    const auto head = queue.head.load(std::memory_order_seq_cst);
    return position(queue.tail.load(std::memory_order_seq_cst)) == position(head);
}
/// Whether it has so many messages as it may have.
[[nodiscard]] bool full(const QueueState& queue) noexcept;

/// One of the messages that were taken has been dealt with. @return false if there was none
bool task_done(QueueState& queue) noexcept;
/// Messages that were put and not yet dealt with.
[[nodiscard]] std::uint32_t unfinished(const QueueState& queue) noexcept;
/// Begins to wait for there to be none: what join() is to be given, each time if it waits in slices.
[[nodiscard]] std::uint64_t begin_join(const QueueState& queue) noexcept;
/// Waits until there has been no such message since begin_join(). @return false if the time ran out
[[nodiscard]] bool join(QueueState& queue, const Caller& caller, std::uint64_t begun) noexcept;

/// Who died last in the middle of a put().
[[nodiscard]] inline ProcessId dead_writer(const QueueState& queue) noexcept {
    return queue.put_lock.dead_owner.load(std::memory_order_relaxed);
}
/// Who died last in the middle of a get().
[[nodiscard]] inline ProcessId dead_reader(const QueueState& queue) noexcept {
    return queue.get_lock.dead_owner.load(std::memory_order_relaxed);
}

/// The processes, this one left out, that have that memory open, so far as this user may know. Takes a walk through
/// /proc. A process that it is being sent to at this moment is not among them. @throws OSError
[[nodiscard]] std::vector<pid_t> other_processes(int fd);

}  // namespace queues
}  // namespace multiprocessing
