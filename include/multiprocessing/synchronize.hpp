/// @file
/// Lock, RLock, Semaphore, BoundedSemaphore, Condition, Event and Barrier. Mirrors Lib/multiprocessing/synchronize.py.
///
/// All state lies in shared memory. Copies of an object stand for the same one; a child of fork shares it with its
/// parent, other processes attach to it by its arena and offset. Any number of threads and processes may use them at
/// once. None is fair. What is not contended makes no system call. Locks and semaphores satisfy the standard's
/// Lockable: `std::lock_guard guard{lock};` is Python's `with lock:`. Timeouts go by the monotonic clock; negative ones
/// are 0.
///
/// Nothing waits for the dead. A process that ends while it holds a lock, killed or not, leaves it to the next: that
/// one's acquire() returns as ever, within 100 ms, and recovered() is true until it releases the lock. It is no
/// exception, since a lock knows nothing of the data it protects: most code has nothing to mend, would have to release
/// the lock in its handler all the same, and `with`-style code would break where it used to go on; who has something to
/// mend asks. Tracked permits of semaphores come back, barriers break, notifications are handed on.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "multiprocessing/deadlock.hpp"
#include "multiprocessing/export.hpp"
#include "multiprocessing/heap.hpp"
#include "multiprocessing/semaphore.hpp"
#include "multiprocessing/synchronize/barrier_state.hpp"
#include "multiprocessing/synchronize/condition_state.hpp"
#include "multiprocessing/synchronize/event_state.hpp"
#include "multiprocessing/synchronize/lock_state.hpp"
#include "multiprocessing/synchronize/semaphore_state.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// A process that held a lock when it died.
struct DeadOwner {
    pid_t pid;
    std::int64_t thread;  ///< as in DeadlockMember; 0 if it is not known
};

/// An object in shared memory, found by its block. What the classes below are made of.
template <typename State>
class SharedObject {
public:
    [[nodiscard]] const Block& block() const noexcept { return block_; }

protected:
    /// A new one, all zero.
    SharedObject() : SharedObject(Heap::locks().malloc(sizeof(State))) {}
    /// One that another process made. @throws ValueError if it does not lie inside the arena
    SharedObject(const std::shared_ptr<Arena>& arena, std::size_t offset)
        : SharedObject(Block::attach(arena, offset, sizeof(State))) {}
    [[nodiscard]] State& state() const noexcept { return *state_; }
    /// @throws ValueError if it is no object of that kind
    void check_kind(sync::Kind kind, const char* name) const {
        if (!state_->header.is(kind)) throw ValueError(std::string("no ") + name + " lies there");
    }

private:
    explicit SharedObject(Block block) : block_(std::move(block)), state_(reinterpret_cast<State*>(block_.data())) {}
    Block block_;
    State* state_;
};

/// What Lock and RLock have in common.
class BasicLock : public SharedObject<sync::LockState> {
public:
    /// Takes the lock; blocks until it is free. @return true
    /// @throws DeadlockError if that was asked for: see set_deadlock_action()
    bool acquire() { return acquired(acquire_for(-1)); }
    /// @param block false only tries @return whether the lock was taken
    bool acquire(bool block) { return acquired(acquire_for(block ? -1 : 0)); }
    /// Waits at most `timeout`. @return whether the lock was taken
    bool acquire(std::chrono::nanoseconds timeout) {
        return acquired(acquire_for(timeout.count() < 0 ? 0 : timeout.count()));
    }
    /// @throws ValueError "semaphore or lock released too many times" if a Lock is free
    /// @throws AssertionError "attempt to release recursive lock not owned by thread" for an RLock
    void release() {
        const auto process = sync::this_process();
        if (!sync::release(state(), process, sync::this_thread(process))) refuse_release();
    }
    /// Whether a living process holds it. Mirrors Python 3.14's `locked()`.
    [[nodiscard]] bool locked() const { return sync::locked(state()); }

    void lock() { acquire(); }
    [[nodiscard]] bool try_lock() { return acquire(false); }
    void unlock() { release(); }

    /// True while it is held by one who took it from a dead owner: what it protects may be half changed.
    [[nodiscard]] bool recovered() const noexcept { return sync::was_recovered(state()); }
    /// Whom it was last taken from so. For the holder, while recovered().
    [[nodiscard]] std::optional<DeadOwner> dead_owner() const noexcept;
    [[nodiscard]] std::string name() const { return std::string(state().name.get()); }
    /// As Python's: `<Lock(owner=MainProcess)>`, `<RLock(MainProcess, 1)>`.
    [[nodiscard]] std::string repr() const;

protected:
    BasicLock(bool recursive, std::string_view name) { sync::init(state(), recursive, name); }
    BasicLock(const std::shared_ptr<Arena>& arena, std::size_t offset) : SharedObject(arena, offset) {}

private:
    friend class Condition;
    [[nodiscard]] sync::Acquired acquire_for(sync::Nanoseconds timeout) {
        const auto process = sync::this_process();
        return sync::acquire(state(), process, sync::this_thread(process), timeout);
    }
    static bool acquired(sync::Acquired how) {
        if (how == sync::Acquired::deadlock) throw_deadlock();
        return how != sync::Acquired::timed_out;
    }
    [[noreturn]] static void throw_deadlock();
    [[noreturn]] void refuse_release() const;
};

/// A lock that is not bound to its owner: any thread of any process may release it. Mirrors `multiprocessing.Lock`.
class Lock : public BasicLock {
public:
    Lock() : Lock(std::string_view()) {}
    /// @param name what reports call it; cut after 63 bytes
    explicit Lock(std::string_view name) : BasicLock(false, name) {}
    /// A lock that another process made. @throws ValueError if none lies there
    [[nodiscard]] static Lock attach(const std::shared_ptr<Arena>& arena, std::size_t offset) {
        return {arena, offset};
    }

private:
    Lock(const std::shared_ptr<Arena>& arena, std::size_t offset) : BasicLock(arena, offset) {
        check_kind(sync::Kind::lock, "Lock");
    }
};

/// A lock that its owner, a thread of a process, may take again, and releases as often. Mirrors
/// `multiprocessing.RLock`.
class RLock : public BasicLock {
public:
    RLock() : RLock(std::string_view()) {}
    explicit RLock(std::string_view name) : BasicLock(true, name) {}
    [[nodiscard]] static RLock attach(const std::shared_ptr<Arena>& arena, std::size_t offset) {
        return {arena, offset};
    }

private:
    RLock(const std::shared_ptr<Arena>& arena, std::size_t offset) : BasicLock(arena, offset) {
        check_kind(sync::Kind::rlock, "RLock");
    }
};

/// A number of permits. Mirrors `multiprocessing.Semaphore`.
///
/// acquire() and release() need not come from the same process: one may hand out what another waits for, so a permit
/// taken so belongs to nobody, and is gone if its taker dies. lock() and unlock(), that is `std::lock_guard`, are
/// tracked: such a permit is the process's until it gives it back, and comes back by itself within 100 ms if the
/// process dies. Up to 44 processes at a time are tracked for each semaphore, dead ones making room; further ones take
/// their permits untracked.
class Semaphore : public SharedObject<sync::SemaphoreState> {
public:
    /// @throws OSError EINVAL for a negative value
    explicit Semaphore(int value = 1, std::string_view name = {}) : Semaphore(value, sync::max_permits, name) {}
    [[nodiscard]] static Semaphore attach(const std::shared_ptr<Arena>& arena, std::size_t offset) {
        return {arena, offset};
    }

    /// Takes a permit; blocks until there is one. @return true
    bool acquire() { return acquire_for(-1, false); }
    bool acquire(bool block) { return acquire_for(block ? -1 : 0, false); }
    bool acquire(std::chrono::nanoseconds timeout) {
        return acquire_for(timeout.count() < 0 ? 0 : timeout.count(), false);
    }
    /// @throws ValueError "semaphore or lock released too many times": a BoundedSemaphore's first value, or 2^31 - 1
    void release() { release(false); }
    /// The permits at this moment. Mirrors `get_value()`.
    [[nodiscard]] int get_value() const { return static_cast<int>(sync::value(state())); }
    /// Whether there are none. Mirrors Python 3.14's `locked()`.
    [[nodiscard]] bool locked() const { return get_value() == 0; }

    /// Takes a permit for this process.
    void lock() { acquire_for(-1, true); }
    [[nodiscard]] bool try_lock() { return acquire_for(0, true); }
    /// Gives back a permit of lock(); one of acquire() if this process has no other.
    void unlock() { release(true); }

    [[nodiscard]] std::string name() const { return std::string(state().name.get()); }
    /// As Python's: `<Semaphore(value=2)>`.
    [[nodiscard]] std::string repr() const;

protected:
    Semaphore(int value, std::uint64_t bound, std::string_view name);
    Semaphore(const std::shared_ptr<Arena>& arena, std::size_t offset) : SharedObject(arena, offset) {
        check_kind(sync::Kind::semaphore, "Semaphore");
    }

private:
    bool acquire_for(sync::Nanoseconds timeout, bool tracked) {
        const auto process = sync::this_process();
        return sync::acquire(state(), process, sync::this_thread(process), tracked, timeout);
    }
    void release(bool tracked);
};

/// A semaphore that has never more permits than at first: releasing it once too often is an error. Mirrors
/// `multiprocessing.BoundedSemaphore`, whose bound is not held against two releases at once; this one's is.
class BoundedSemaphore : public Semaphore {
public:
    explicit BoundedSemaphore(int value = 1, std::string_view name = {})
        : Semaphore(value, static_cast<std::uint64_t>(value), name) {}
    [[nodiscard]] static BoundedSemaphore attach(const std::shared_ptr<Arena>& arena, std::size_t offset) {
        return {arena, offset};
    }
    /// As Python's: `<BoundedSemaphore(value=2, maxvalue=3)>`.
    [[nodiscard]] std::string repr() const;

private:
    BoundedSemaphore(const std::shared_ptr<Arena>& arena, std::size_t offset) : Semaphore(arena, offset) {}
};

/// A condition with its lock. Mirrors `multiprocessing.Condition`.
///
/// 63 threads may wait at once and be notified one by one, the first that came first; see condition_state.hpp for more.
class Condition : public SharedObject<sync::ConditionState> {
public:
    Condition() : Condition(RLock()) {}
    /// @param lock a Lock or an RLock, which others may use as well
    explicit Condition(BasicLock lock);
    /// A condition that another process made. @param lock the one it was made with
    [[nodiscard]] static Condition attach(const std::shared_ptr<Arena>& arena, std::size_t offset, BasicLock lock) {
        return {arena, offset, std::move(lock)};
    }

    bool acquire() { return lock_.acquire(); }
    bool acquire(bool block) { return lock_.acquire(block); }
    bool acquire(std::chrono::nanoseconds timeout) { return lock_.acquire(timeout); }
    void release() { lock_.release(); }
    void lock() { lock_.lock(); }
    [[nodiscard]] bool try_lock() { return lock_.try_lock(); }
    void unlock() { lock_.unlock(); }
    [[nodiscard]] BasicLock& get_lock() noexcept { return lock_; }

    /// Releases the lock, however often it is held, waits for a notification, and takes it as often again.
    /// @return true
    /// @throws AssertionError "must acquire() condition before using wait()"
    bool wait() { return wait_until_notified(-1); }
    /// @return false if the time ran out
    bool wait(std::chrono::nanoseconds timeout) {
        return wait_until_notified(timeout.count() < 0 ? 0 : timeout.count());
    }
    /// Waits until the predicate answers something true. @return its last answer
    template <typename Predicate>
    auto wait_for(Predicate&& predicate) {
        auto result = predicate();
        while (!result) {
            wait();
            result = predicate();
        }
        return result;
    }
    template <typename Predicate>
    auto wait_for(Predicate&& predicate, std::chrono::nanoseconds timeout) {
        const auto deadline = sync::deadline_after(timeout.count() < 0 ? 0 : timeout.count());
        auto result = predicate();
        while (!result) {
            const auto left = deadline - sync::monotonic_now();
            if (left <= 0) break;
            wait(std::chrono::nanoseconds(left));
            result = predicate();
        }
        return result;
    }

    /// Wakes up to `count` of those that wait. @throws AssertionError "lock is not owned"
    void notify(int count = 1) { notify_some(count < 0 ? 0 : count); }
    void notify_all() { notify_some(-1); }

    /// As Python's: `<Condition(<RLock(MainProcess, 1)>, 0)>`, with how many wait.
    [[nodiscard]] std::string repr() const;

private:
    Condition(const std::shared_ptr<Arena>& arena, std::size_t offset, BasicLock lock);
    bool wait_until_notified(sync::Nanoseconds timeout);
    void notify_some(int count);
    BasicLock lock_;
};

/// A flag to wait for. Mirrors `multiprocessing.Event`. Takes no lock, so that set() may be called in a signal handler.
class Event : public SharedObject<sync::EventState> {
public:
    Event() { sync::init(state()); }
    [[nodiscard]] static Event attach(const std::shared_ptr<Arena>& arena, std::size_t offset) {
        return {arena, offset};
    }

    [[nodiscard]] bool is_set() const noexcept { return sync::is_set(state()); }
    /// Wakes all that wait, even if it is cleared at once.
    void set() noexcept { sync::set(state()); }
    void clear() noexcept { sync::clear(state()); }
    /// @return true
    bool wait() { return sync::wait(state(), -1); }
    /// @return false if the time ran out
    bool wait(std::chrono::nanoseconds timeout) {
        return sync::wait(state(), timeout.count() < 0 ? 0 : timeout.count());
    }
    /// As Python's: `<Event at 0x7f… set>`.
    [[nodiscard]] std::string repr() const;

private:
    Event(const std::shared_ptr<Arena>& arena, std::size_t offset) : SharedObject(arena, offset) {
        check_kind(sync::Kind::event, "Event");
    }
};

/// The barrier is broken, or was reset while the thread waited. Mirrors `threading.BrokenBarrierError`.
class BrokenBarrierError : public std::runtime_error {
public:
    BrokenBarrierError() : runtime_error("BrokenBarrierError") {}
};

/// Lets so many threads pass only together. Mirrors `multiprocessing.Barrier`.
///
/// Breaks if a process dies that waits with others, or that took part in the last round and did not end by itself.
class Barrier : public SharedObject<sync::BarrierState> {
public:
    using Action = std::function<void()>;
    using Timeout = std::optional<std::chrono::nanoseconds>;

    /// @param action run by one of the threads before all pass
    /// @param timeout what wait() waits at most; absent: for ever
    /// @throws ValueError if there can be no so many
    explicit Barrier(int parties, Action action = {}, Timeout timeout = {});
    /// A barrier that another process made; action and timeout are each process's own.
    [[nodiscard]] static Barrier attach(const std::shared_ptr<Arena>& arena, std::size_t offset, Action action = {},
                                        Timeout timeout = {}) {
        return {arena, offset, std::move(action), timeout};
    }

    /// Waits for all. @return 0 … parties() - 1, another for each thread
    /// @throws BrokenBarrierError; what the action throws, in the thread that runs it
    int wait() { return wait(timeout_); }
    /// Breaks the barrier if it lasts longer than `timeout`.
    int wait(Timeout timeout);
    /// Breaks it: all that wait, and whoever comes until reset(), get a BrokenBarrierError.
    void abort() noexcept { sync::abort(state()); }
    /// As new; those that wait get a BrokenBarrierError.
    void reset() noexcept { sync::reset(state()); }
    [[nodiscard]] bool broken() const noexcept { return sync::broken(state()); }
    [[nodiscard]] int parties() const noexcept { return static_cast<int>(state().parties); }
    [[nodiscard]] int n_waiting() const noexcept { return static_cast<int>(sync::waiting(state())); }
    /// As Python's: `<multiprocessing.synchronize.Barrier at 0x7f…: waiters=0/3>`.
    [[nodiscard]] std::string repr() const;

private:
    Barrier(const std::shared_ptr<Arena>& arena, std::size_t offset, Action action, Timeout timeout);
    Action action_;
    Timeout timeout_;
};

}  // namespace multiprocessing
