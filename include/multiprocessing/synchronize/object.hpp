/// @file
/// What the objects in shared memory have in common: how they are recognised, and who waits for them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "multiprocessing/export.hpp"
#include "multiprocessing/synchronize/futex.hpp"
#include "multiprocessing/synchronize/identity.hpp"

namespace multiprocessing {
namespace sync MULTIPROCESSING_API {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

/// In shared memory: do not renumber.
enum class Kind : std::uint16_t { none = 0, lock = 1, rlock = 2, semaphore = 3, condition = 4, event = 5, barrier = 6,
                                  queue = 7, simple_queue = 8, joinable_queue = 9 };

/// Says what lies there. Objects lie in arenas of their own, on multiples of 64 bytes, so that who knows nothing but an
/// arena's descriptor finds them: see deadlock.hpp.
struct Header {
    static constexpr std::uint32_t signature = 0x706d6a34;
    /// Of what the objects look like and of what those that use them have to do. Another one attaches to none of them.
    static constexpr std::uint16_t current_version = 2;

    std::atomic<std::uint32_t> magic;
    Kind kind;
    std::uint16_t version;

    /// The last step of making an object.
    void publish(Kind what) noexcept {
        kind = what;
        version = current_version;
        magic.store(signature, std::memory_order_release);
    }
    [[nodiscard]] bool is(Kind what) const noexcept {
        return magic.load(std::memory_order_acquire) == signature && version == current_version && kind == what;
    }
};
static_assert(sizeof(Header) == 8);

/// Where it stands in every object.
constexpr std::size_t header_offset = 24;

/// The object that lies there is nobody's any more: it is not to be found.
inline void withdraw(std::byte* object) noexcept {
    reinterpret_cast<Header*>(object + header_offset)->magic.store(0, std::memory_order_relaxed);
}

/// A short text; what does not fit is cut.
template <std::size_t Size>
struct Name {
    char text[Size];

    void set(std::string_view name) noexcept { text[name.copy(text, Size - 1)] = '\0'; }
    [[nodiscard]] std::string_view get() const noexcept { return {text, ::strnlen(text, Size)}; }
};

/// One that has been waiting for some time. Whoever waits only shortly leaves no record: it would cost more than the
/// wait, and nobody could read it in time.
struct Waiter {
    std::atomic<ProcessId> process;  ///< 0: nobody
    std::atomic<ThreadId> thread;
    /// When it began to wait, in the upper bits; the flags below.
    std::atomic<std::uint64_t> since;

    /// It is asleep now, or looks for deadlocks: it does not have what it waits for.
    static constexpr std::uint64_t sleeping = 1;
    /// It breaks a deadlock by an error.
    static constexpr std::uint64_t throws = 2;
    static constexpr std::uint64_t flags = 3;
};
static_assert(sizeof(Waiter) == 24);

/// The records of who waits for one object. More waiters than places are not seen, and wait none the worse for it.
struct Waiters {
    static constexpr std::size_t places = 8;
    Waiter place[places];

    /// @return a place for the caller until it leaves; null if all are taken by the living
    [[nodiscard]] Waiter* enter(ProcessId process, ThreadId thread, Nanoseconds since) noexcept;
};
static_assert(sizeof(Waiters) == 192);

/// Gives a place back. A process that is killed before leaves it to whoever needs one.
inline void leave(Waiter* waiter) noexcept {
    if (waiter == nullptr) return;
    waiter->since.store(0, std::memory_order_relaxed);
    waiter->thread.store(0, std::memory_order_relaxed);
    waiter->process.store(0, std::memory_order_release);
}

/// How a wait goes on: its deadline, and the record that it leaves once it has lasted for a while.
class Wait {
public:
    /// @param timeout negative: for ever
    /// @param since when it began; 0: now
    Wait(Waiters& waiters, ProcessId process, ThreadId thread, Nanoseconds timeout, Nanoseconds since) noexcept;
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() { leave(record_); }

    /// Waits while the word's low half is `expected`, until it is time to look around at the latest.
    void sleep(const std::atomic<std::uint64_t>& word, std::uint32_t expected) noexcept;
    /// Whether it is time to see who of those one waits for still lives.
    [[nodiscard]] bool look() const noexcept { return look_; }
    [[nodiscard]] bool over() const noexcept {
        return deadline_ == 0 || (slept_ && deadline_ != forever && monotonic_now() >= deadline_);
    }
    /// Whether it slept, so that it may have been woken in the place of another.
    [[nodiscard]] bool slept() const noexcept { return slept_; }
    [[nodiscard]] Nanoseconds since() const noexcept { return since_; }
    [[nodiscard]] Waiter* record() const noexcept { return record_; }

private:
    Waiters& waiters_;
    const ProcessId process_;
    const ThreadId thread_;
    Nanoseconds since_ = 0;
    Nanoseconds deadline_ = 0;
    Nanoseconds next_look_ = 0;
    Waiter* record_ = nullptr;
    bool slept_ = false;
    bool look_ = false;
};

}  // namespace sync
}  // namespace multiprocessing
