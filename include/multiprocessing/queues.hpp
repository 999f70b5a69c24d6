/// @file
/// Queue, JoinableQueue and SimpleQueue. Mirrors Lib/multiprocessing/queues.py.
///
/// Any number of threads and processes put messages in at one end and take them out at the other; those of one thread
/// come out in the order in which it put them in. The messages lie in shared memory: there is no pipe and no thread
/// that feeds it, so put() returns when its message is there for all, and a process can end at once after that. What is
/// not contended, full or empty makes no system call.
///
/// Copies of an object stand for the same queue; a child of fork shares it with its parent, other processes attach to
/// it by its arena and offset. Timeouts go by the monotonic clock; negative ones are 0.
///
/// **Death.** A process that is killed in the middle of an operation leaves the queue as usable as before. A message
/// that it was just writing is lost, which lost() counts; one that it was just reading is read by somebody else, unless
/// it was one of those that go through the ring in pieces. What it had taken out is its own.
///
/// **How much goes in.** A Queue grows, as Python's does, as long as there is memory (up to 8 GiB), unless it is given
/// a limit; memory that it needs no more it gives back. A SimpleQueue is, as Python's pipe, 64 KiB: put() waits for
/// room, and so may for ever if nobody reads. Messages larger than such a limit go through in pieces.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "multiprocessing/error.hpp"
#include "multiprocessing/export.hpp"
#include "multiprocessing/heap.hpp"
#include "multiprocessing/queues/queue_state.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// Mirrors `queue.Full`.
class Full : public std::runtime_error {
public:
    Full() : runtime_error("Full") {}
};

/// Mirrors `queue.Empty`.
class Empty : public std::runtime_error {
public:
    Empty() : runtime_error("Empty") {}
};

using Bytes = std::vector<std::byte>;

/// How a value becomes a message: its bytes, and a letter that says what they are. Java's queues know the letters of
/// Bytes, std::string, bool and the numbers; any other trivially copyable type is bytes with the letter 'x'.
template <typename T>
struct MessageOf {
    static_assert(std::is_trivially_copyable_v<T>, "messages are Bytes, std::string or trivially copyable");
    static constexpr char letter() {
        if constexpr (std::is_same_v<T, bool>) return '?';
        else if constexpr (std::is_same_v<T, char16_t>) return 'c';
        else if constexpr (std::is_same_v<T, double>) return 'd';
        else if constexpr (std::is_same_v<T, float>) return 'f';
        else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) return "?bh?i???q"[sizeof(T)];
        else return 'x';
    }
    static std::span<const std::byte> bytes(const T& value) { return std::as_bytes(std::span(&value, 1)); }
    /// @throws ValueError if it has not T's size
    static T value(std::span<const std::byte> bytes) {
        if (bytes.size() != sizeof(T)) throw ValueError("message of " + std::to_string(bytes.size()) + " bytes");
        T value;
        std::memcpy(&value, bytes.data(), sizeof(T));
        return value;
    }
};

template <>
struct MessageOf<Bytes> {
    static constexpr char letter() { return 'B'; }
    static std::span<const std::byte> bytes(const Bytes& value) { return value; }
    static Bytes value(std::span<const std::byte> bytes) {
        return {bytes.data(), bytes.data() + bytes.size()};
    }
};

template <>
struct MessageOf<std::string> {
    static constexpr char letter() { return 's'; }
    static std::span<const std::byte> bytes(const std::string& value) { return std::as_bytes(std::span(value)); }
    static std::string value(std::span<const std::byte> bytes) {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
};

/// A queue of bytes. What the classes below are made of.
class ByteQueue {
public:
    /// Where it lies: in an arena of its own, at its beginning.
    [[nodiscard]] const Block& block() const noexcept { return block_; }
    /// Messages that were lost with processes that died while they were putting them, or taking them in pieces.
    [[nodiscard]] std::uint64_t lost() const noexcept { return state_->lost.load(std::memory_order_relaxed); }
    /// The other processes that have the queue, so far as /proc shows them to this one; not those that it is being sent
    /// to just now.
    [[nodiscard]] std::vector<pid_t> other_processes() const {
        return queues::other_processes(block_.arena()->fd());
    }

protected:
    using Timeout = std::optional<std::chrono::nanoseconds>;

    ByteQueue(sync::Kind kind, std::uint32_t max_items, std::size_t limit);
    ByteQueue(sync::Kind kind, const char* name, const std::shared_ptr<Arena>& arena, std::size_t offset);

    /// @param timeout none: for ever @return false if the time ran out
    bool put_bytes(std::span<const std::byte> message, char letter, Timeout timeout);
    /// Valid until the thread's next call. @return nothing if the time ran out
    [[nodiscard]] std::optional<std::span<const std::byte>> get_bytes(char letter, Timeout timeout);
    /// As put_bytes() and get_bytes() without a time, but they do not wait for ever if there is nobody to wait for.
    /// @throws EOFError
    void put_bytes_or_eof(std::span<const std::byte> message, char letter);
    [[nodiscard]] std::span<const std::byte> get_bytes_or_eof(char letter);

    [[nodiscard]] queues::QueueState& state() const noexcept { return *state_; }
    [[nodiscard]] static queues::Caller caller(Timeout timeout);

private:
    [[nodiscard]] queues::Outcome get_outcome(Timeout timeout);
    Block block_;
    queues::QueueState* state_;
};

/// Mirrors `multiprocessing.Queue`.
/// @tparam T what its messages are: see MessageOf
template <typename T = Bytes>
class Queue : public ByteQueue {
public:
    /// @param maxsize the most messages that may be in it; 0 or negative: any number
    /// @param limit the most bytes of messages, rounded up to a power of two, 4096 at least; 0: as much as there is
    /// @throws OSError ENOMEM, ENOSPC, EMFILE
    explicit Queue(int maxsize = 0, std::size_t limit = 0) : Queue(sync::Kind::queue, maxsize, limit) {}
    /// A queue that another process made. @throws ValueError if none lies there
    [[nodiscard]] static Queue attach(const std::shared_ptr<Arena>& arena, std::size_t offset) {
        return {sync::Kind::queue, "Queue", arena, offset};
    }

    /// Appends a message; waits while the queue is full.
    /// @throws ValueError "Queue is closed" after close(); if the message has 2 GiB or more
    /// @throws OSError ENOMEM, ENOSPC if the queue has to grow and cannot
    void put(const T& value) { put_for(value, std::nullopt); }
    /// @param block false does not wait @throws Full
    void put(const T& value, bool block) { put_for(value, wait_or_not(block)); }
    /// Waits at most `timeout`. @throws Full
    void put(const T& value, std::chrono::nanoseconds timeout) { put_for(value, timeout); }
    void put_nowait(const T& value) { put(value, false); }

    /// Takes the first message; waits until there is one. @throws ValueError "Queue is closed" after close(); if the
    /// message is of another type (it is gone then)
    [[nodiscard]] T get() { return get_for(std::nullopt); }
    /// @throws Empty
    [[nodiscard]] T get(bool block) { return get_for(wait_or_not(block)); }
    [[nodiscard]] T get(std::chrono::nanoseconds timeout) { return get_for(timeout); }
    [[nodiscard]] T get_nowait() { return get(false); }

    /// As put() and get(), but do not wait any longer once no other process has the queue: there is nobody left who
    /// could make room, or put something in. (Other threads of this process do not count.)
    /// @throws EOFError
    void put_or_eof(const T& value) {
        check_open();
        put_bytes_or_eof(MessageOf<T>::bytes(value), MessageOf<T>::letter());
    }
    [[nodiscard]] T get_or_eof() {
        check_open();
        return MessageOf<T>::value(get_bytes_or_eof(MessageOf<T>::letter()));
    }

    /// How many messages there are at this moment.
    [[nodiscard]] int qsize() const noexcept { return static_cast<int>(queues::size(state())); }
    [[nodiscard]] bool empty() const noexcept { return queues::empty(state()); }
    /// Whether there are maxsize messages.
    [[nodiscard]] bool full() const noexcept { return queues::full(state()); }

    /// This object is to be used no more. What was put stays there for the others.
    void close() noexcept { closed_ = true; }
    /// There is no thread to be joined: nothing is left to be written. @throws AssertionError before close()
    void join_thread() const {
        if (!closed_) throw AssertionError("Queue not closed");
    }
    /// Does nothing, as join_thread() never waits.
    void cancel_join_thread() noexcept {}

protected:
    Queue(sync::Kind kind, int maxsize, std::size_t limit)
        : ByteQueue(kind, static_cast<std::uint32_t>(maxsize < 0 ? 0 : maxsize), limit) {}
    Queue(sync::Kind kind, const char* name, const std::shared_ptr<Arena>& arena, std::size_t offset)
        : ByteQueue(kind, name, arena, offset) {}

private:
    static Timeout wait_or_not(bool block) { return block ? Timeout() : Timeout(0); }
    void check_open() const {
        if (closed_) throw ValueError("Queue is closed");
    }
    void put_for(const T& value, Timeout timeout) {
        check_open();
        if (!put_bytes(MessageOf<T>::bytes(value), MessageOf<T>::letter(), timeout)) throw Full();
    }
    T get_for(Timeout timeout) {
        check_open();
        const auto bytes = get_bytes(MessageOf<T>::letter(), timeout);
        if (!bytes) throw Empty();
        return MessageOf<T>::value(*bytes);
    }
    bool closed_ = false;
};

/// A queue that knows whether all that was put into it has been dealt with. Mirrors `multiprocessing.JoinableQueue`.
template <typename T = Bytes>
class JoinableQueue : public Queue<T> {
public:
    explicit JoinableQueue(int maxsize = 0, std::size_t limit = 0)
        : Queue<T>(sync::Kind::joinable_queue, maxsize, limit) {}
    [[nodiscard]] static JoinableQueue attach(const std::shared_ptr<Arena>& arena, std::size_t offset) {
        return {arena, offset};
    }

    /// A message that was taken out has been dealt with. @throws ValueError "task_done() called too many times"
    void task_done() {
        if (!queues::task_done(this->state())) throw ValueError("task_done() called too many times");
    }
    /// Waits until all messages have been dealt with. A message that was lost in the queue counts as dealt with; one
    /// that somebody took out and died with does not. @return true
    bool join() { return join_for(std::nullopt); }
    /// @return false if the time ran out
    bool join(std::chrono::nanoseconds timeout) { return join_for(timeout); }

private:
    bool join_for(ByteQueue::Timeout timeout) {
        return queues::join(this->state(), ByteQueue::caller(timeout), queues::begin_join(this->state()));
    }
    JoinableQueue(const std::shared_ptr<Arena>& arena, std::size_t offset)
        : Queue<T>(sync::Kind::joinable_queue, "JoinableQueue", arena, offset) {}
};

/// Mirrors `multiprocessing.SimpleQueue`.
template <typename T = Bytes>
class SimpleQueue : public ByteQueue {
public:
    /// @throws OSError ENOMEM, ENOSPC, EMFILE
    SimpleQueue() : ByteQueue(sync::Kind::simple_queue, 0, queues::first_ring) {}
    [[nodiscard]] static SimpleQueue attach(const std::shared_ptr<Arena>& arena, std::size_t offset) {
        return {arena, offset};
    }

    /// Appends a message; waits while 64 KiB are unread. @throws OSError EBADF "handle is closed" after close()
    void put(const T& value) {
        check_open();
        put_bytes(MessageOf<T>::bytes(value), MessageOf<T>::letter(), std::nullopt);
    }
    /// Takes the first message; waits until there is one.
    [[nodiscard]] T get() {
        check_open();
        return MessageOf<T>::value(*get_bytes(MessageOf<T>::letter(), std::nullopt));
    }
    [[nodiscard]] bool empty() const {
        check_open();
        return queues::empty(state());
    }
    void close() noexcept { closed_ = true; }

private:
    SimpleQueue(const std::shared_ptr<Arena>& arena, std::size_t offset)
        : ByteQueue(sync::Kind::simple_queue, "SimpleQueue", arena, offset) {}
    void check_open() const {
        if (closed_) throw OSError(EBADF, "handle is closed");
    }
    bool closed_ = false;
};

}  // namespace multiprocessing
